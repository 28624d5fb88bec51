using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Protocol;
using Udf.Worker.Transport;

namespace Udf.Worker.Benchmarks.Sessions;

/// <summary>How many small batches a second go to one worker process and back when many sessions do so at the same time, each with one batch on its way?</summary>
/// <remarks>
/// The figure is the time of one round trip of one of them: a second divided by it is the rate of all. The baseline has a connection for each, and a thread for each on both sides, with plain blocking calls.
/// <para>
/// Sensitive to the number of CPUs and to whoever else uses them, because the wake-up of threads is most of what a small batch costs: run it unpinned, compare ratios, and repeat it. Blind to what the
/// function does (it echoes), to large batches, and to sessions that begin and end.
/// </para>
/// </remarks>
[MemoryDiagnoser]
public class SessionsBenchmark
{
    private const int RoundTripCount = 51_200;
    private const int PayloadBytes = 64;

    private readonly List<Socket> _sockets = [];
    private byte[] _payload = [];
    private byte[] _frame = [];
    private RawEcho? _raw;
    private ManySessions? _sessions;

    /// <summary>How many sessions there are.</summary>
    [Params(8, 64, 512)]
    public int SessionCount { get; set; }

    /// <summary>Starts the echo server, and opens the connections.</summary>
    [GlobalSetup(Target = nameof(BlockingSockets))]
    public void SetupSockets()
    {
        _payload = TestPayload.Create(PayloadBytes);
        _frame = new byte[DataMessage.GetFramePrefixBytes(PayloadBytes) + PayloadBytes];
        _payload.CopyTo(_frame, DataMessage.WriteFramePrefix(_frame, PayloadBytes));
        _raw = RawEcho.OverUnixDomainSocket(_frame.Length);
        for (int index = 0; index < SessionCount; index++)
        {
            _sockets.Add(_raw.OpenFurther());
        }

        EchoOn(_sockets[^1], count: 1);
    }

    /// <summary>Starts a worker whose sessions have a connection each.</summary>
    [GlobalSetup(Target = nameof(Connections))]
    public Task SetupConnections() => SetupAsync(MultiplexingMode.Never);

    /// <summary>Starts a worker whose sessions share one.</summary>
    [GlobalSetup(Target = nameof(Multiplexed))]
    public Task SetupMultiplexed() => SetupAsync(MultiplexingMode.Always);

    /// <summary>Ends the echo server.</summary>
    [GlobalCleanup(Target = nameof(BlockingSockets))]
    public void CleanupSockets()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _raw?.Dispose();
    }

    /// <summary>Ends the sessions in order, and their worker.</summary>
    [GlobalCleanup(Targets = [nameof(Connections), nameof(Multiplexed)])]
    public async Task CleanupSessions()
    {
        if (_sessions is not null)
        {
            await _sessions.DisposeAsync();
        }
    }

    /// <summary>A connection and two threads for each.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTripCount)]
    public void BlockingSockets()
    {
        Thread[] threads = [.. _sockets.Select(socket => new Thread(() => EchoOn(socket, RoundTripCount / SessionCount), 256 * 1024))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    /// <summary>Sessions that have a connection each.</summary>
    [Benchmark(OperationsPerInvoke = RoundTripCount)]
    public Task Connections() => _sessions!.RoundTripsAsync(RoundTripCount / SessionCount);

    /// <summary>Sessions that share one connection.</summary>
    [Benchmark(OperationsPerInvoke = RoundTripCount)]
    public Task Multiplexed() => _sessions!.RoundTripsAsync(RoundTripCount / SessionCount);

    private async Task SetupAsync(MultiplexingMode mode)
    {
        _payload = TestPayload.Create(PayloadBytes);
        _sessions = await ManySessions.StartAsync(SessionCount, _payload, mode);
        for (int round = 0; round < 2; round++)
        {
            await _sessions.RoundTripsAsync(countOfEach: 1);
            _sessions.Check();
        }
    }

    private void EchoOn(Socket socket, int count)
    {
        byte[] answer = new byte[_frame.Length];
        for (int index = 0; index < count; index++)
        {
            RawSockets.Send(socket, _frame);
            if (!RawSockets.TryReceive(socket, answer))
            {
                throw new InvalidOperationException("The echo server closed the connection.");
            }
        }

        TestPayload.Check(answer, _frame);
    }
}
