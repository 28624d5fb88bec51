using BenchmarkDotNet.Attributes;
using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>What does a short session cost on a warm worker, and what on one that is started for it?</summary>
/// <remarks>
/// A session through the public API with one batch of 64 bytes. The baseline is that batch alone, there and back in a session that is open already, so the ratio says how much of a short session is not the batch.
/// Sensitive to the wake-up of threads, as every round trip; a fresh worker to how long the system takes to start a process and .NET to begin, and to its end, which closing its session waits for.
/// The time to the first answer alone is printed by <see cref="ShortSessionsRun"/>.
/// </remarks>
[MemoryDiagnoser]
public class WarmSessionBenchmark
{
    private const int RoundTripCount = 128;

    private WorkerEcho? _echo;
    private UdsWorkerDispatcher? _dispatcher;

    /// <summary>Opens the session of the baseline.</summary>
    [GlobalSetup(Target = nameof(BatchInOpenSession))]
    public async Task SetupEcho()
    {
        byte[] payload = TestPayload.Create(64);
        _echo = await WorkerEcho.StartAsync(new UdsWorkerDispatcher(WorkerEcho.Worker.OverUnixDomainSocket()), payload);
        await _echo.RoundTripAsync();
        TestPayload.Check(_echo.Answer, payload);
    }

    /// <summary>Starts a worker that is used again.</summary>
    [GlobalSetup(Target = nameof(SessionOnWarmWorker))]
    public async Task SetupWarm()
    {
        _dispatcher = EchoSessions.Reusing();
        await SessionOnWarmWorker();
        await SessionOnWarmWorker();
        if (_dispatcher.GetStatistics().Single().StartedCount != 1)
        {
            throw new InvalidOperationException("The worker was not used again.");
        }
    }

    /// <summary>Runs a first session on a worker of its own.</summary>
    [GlobalSetup(Target = nameof(SessionOnFreshWorker))]
    public Task SetupFresh()
    {
        _dispatcher = EchoSessions.Fresh();
        return SessionOnFreshWorker();
    }

    /// <summary>Ends the worker.</summary>
    [GlobalCleanup]
    public async Task Cleanup()
    {
        await (_echo?.DisposeAsync() ?? default);
        await (_dispatcher?.DisposeAsync() ?? default);
    }

    /// <summary>A batch there and back.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTripCount)]
    public async Task BatchInOpenSession()
    {
        for (int index = 0; index < RoundTripCount; index++)
        {
            await _echo!.RoundTripAsync();
        }
    }

    /// <summary>A session on the worker that the one before it had.</summary>
    /// <returns>How long it took until the answer was there.</returns>
    [Benchmark]
    public Task<TimeSpan> SessionOnWarmWorker() => EchoSessions.RunAsync(_dispatcher!);

    /// <summary>A session for which a worker is started, and which ends with it.</summary>
    /// <returns>How long it took until the answer was there.</returns>
    [Benchmark]
    public Task<TimeSpan> SessionOnFreshWorker() => EchoSessions.RunAsync(_dispatcher!);
}
