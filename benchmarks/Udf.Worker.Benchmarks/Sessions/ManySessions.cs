using System.Globalization;
using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Direct;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Sessions;

/// <summary>What is measured: one worker process with the function <c>udf.echo</c>, and many sessions on it through the public API and the pool, all streaming. Owns them.</summary>
internal sealed class ManySessions : IAsyncDisposable
{
    private readonly WorkerDispatcher _dispatcher;
    private readonly WorkerEcho[] _sessions;
    private readonly byte[] _payload;

    private ManySessions(WorkerDispatcher dispatcher, int count, byte[] payload)
    {
        _dispatcher = dispatcher;
        _sessions = new WorkerEcho[count];
        _payload = payload;
    }

    /// <summary>Starts a worker and initialises the function in each session.</summary>
    /// <param name="count">How many sessions.</param>
    /// <param name="payload">What travels; must not change. Its length is what the sessions say of their batches.</param>
    /// <param name="mode">Whether they share a connection.</param>
    internal static async Task<ManySessions> StartAsync(int count, byte[] payload, MultiplexingMode mode)
    {
        WorkerSpecification worker = WorkerEcho.Worker
            .WithEnvironmentVariable("UDF_TEST_CAPACITY", count.ToString(CultureInfo.InvariantCulture))
            .WithReuse()
            .WithConcurrentUdfs()
            .OverUnixDomainSocket();
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = 1;
        options.Pool.SessionsPerWorker = count;
        var transport = new UdsWorkerOptions { Connection = new FramedConnectionOptions { Multiplexing = mode } };
        var sessions = new ManySessions(new UdsWorkerDispatcher(worker, options, transport), count, payload);
        for (int index = 0; index < count; index++)
        {
            sessions._sessions[index] = await WorkerEcho.OpenAsync(sessions._dispatcher, payload, new WorkerSessionOptions { ExpectedBatchBytes = payload.Length });
        }

        return sessions;
    }

    /// <summary>Lets all sessions send their batch to and fro at the same time, and waits until the last has done so as often as it is to.</summary>
    internal async Task RoundTripsAsync(int countOfEach)
    {
        var running = new Task[_sessions.Length];
        for (int index = 0; index < running.Length; index++)
        {
            WorkerEcho session = _sessions[index];
            running[index] = Task.Run(() => RunAsync(session, countOfEach));
        }

        await Task.WhenAll(running);
    }

    /// <summary>Checks the last answer of each session.</summary>
    internal void Check()
    {
        foreach (WorkerEcho session in _sessions)
        {
            TestPayload.Check(session.Answer, _payload);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WorkerEcho session in _sessions)
        {
            await session.DisposeAsync();
        }

        await _dispatcher.DisposeAsync();
    }

    private static async Task RunAsync(WorkerEcho session, int count)
    {
        for (int index = 0; index < count; index++)
        {
            if (!await session.RoundTripAsync())
            {
                throw new InvalidOperationException("The worker ended the stream instead of answering.");
            }
        }
    }
}
