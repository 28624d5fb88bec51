using BenchmarkDotNet.Attributes;
using Udf.Worker.Protocol;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>How much longer than on bare sockets does a batch take to a worker process and back through <see cref="WorkerSession.ProcessAsync"/>?</summary>
/// <remarks>
/// One batch is on its way at a time. The baseline is a second process of this program and two plain blocking sockets, on which the same bytes travel: the frame, prefix and payload.
/// <para>
/// Small batches are sensitive to the wake-up of threads, and so to where the scheduler puts the two processes: pin both to one CPU to compare. Large ones are sensitive to copies, to the
/// sizes of socket buffers and to caches. Blind to what the function does (it echoes), to the start of the worker, to what many sessions do to each other, and to throughput: nothing is pipelined.
/// </para>
/// <para>
/// Allocations are those of the host, not of the worker. An invocation is a loop of many round trips, so that what the loop itself allocates counts for a byte or two at most.
/// </para>
/// </remarks>
[MemoryDiagnoser]
public abstract class RoundTripBenchmark
{
    private const int RoundTripCount = 128;

    private byte[] _payload = [];
    private byte[] _frame = [];
    private byte[] _answer = [];
    private RawEcho? _raw;
    private WorkerEcho? _worker;

    /// <summary>Bytes of the payload.</summary>
    [Params(64, 64 * 1024, 1024 * 1024)]
    public int PayloadBytes { get; set; }

    /// <summary>Starts the echo server, and checks its answer.</summary>
    [GlobalSetup(Target = nameof(BlockingSockets))]
    public void SetupSockets()
    {
        _payload = TestPayload.Create(PayloadBytes);
        _frame = new byte[DataMessage.GetFramePrefixBytes(PayloadBytes) + PayloadBytes];
        _payload.CopyTo(_frame, DataMessage.WriteFramePrefix(_frame, PayloadBytes));
        _answer = new byte[_frame.Length];
        _raw = StartSockets(_frame.Length);
        _raw.RoundTrip(_frame, _answer);
        TestPayload.Check(_answer, _frame);
    }

    /// <summary>Starts a worker, and checks its answer, the second time as the first.</summary>
    [GlobalSetup(Target = nameof(Session))]
    public async Task SetupSession()
    {
        _payload = TestPayload.Create(PayloadBytes);
        _worker = await WorkerEcho.StartAsync(CreateDispatcher(), _payload);
        for (int round = 0; round < 2; round++)
        {
            if (!await _worker.RoundTripAsync())
            {
                throw new InvalidOperationException("The worker ended the stream instead of answering.");
            }

            TestPayload.Check(_worker.Answer, _payload);
        }
    }

    /// <summary>Ends the echo server.</summary>
    [GlobalCleanup(Target = nameof(BlockingSockets))]
    public void CleanupSockets() => _raw?.Dispose();

    /// <summary>Ends the session in order, and its worker.</summary>
    [GlobalCleanup(Target = nameof(Session))]
    public async Task CleanupSession()
    {
        if (_worker is not null)
        {
            await _worker.DisposeAsync();
        }
    }

    /// <summary>There and back on blocking sockets.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTripCount)]
    public void BlockingSockets()
    {
        for (int index = 0; index < RoundTripCount; index++)
        {
            _raw!.RoundTrip(_frame, _answer);
        }
    }

    /// <summary>There and back through a session.</summary>
    /// <returns>The bytes that came back.</returns>
    [Benchmark(OperationsPerInvoke = RoundTripCount)]
    public async Task<long> Session()
    {
        long bytes = 0;
        for (int index = 0; index < RoundTripCount; index++)
        {
            await _worker!.RoundTripAsync();
            bytes += _worker.Answer.Length;
        }

        return bytes;
    }

    private protected abstract RawEcho StartSockets(int messageBytes);

    private protected abstract WorkerDispatcher CreateDispatcher();
}
