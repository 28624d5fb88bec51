using BenchmarkDotNet.Attributes;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>What does the pool cost around a session: a warm worker acquired, and released as after a session that went well?</summary>
/// <remarks>
/// The pool of a dispatcher with one real worker, without contention and without a session: what <see cref="PoolBookBenchmark"/> measures, and besides it the lease, the look at the worker that comes
/// back, and its heartbeats. The baseline is a semaphore. Blind to the opening of the session and to the wire; <see cref="WarmSessionBenchmark"/> has these.
/// </remarks>
[MemoryDiagnoser]
public class PoolAcquireBenchmark
{
    private static readonly WorkerSessionOutcome Outcome = WorkerSessionOutcome.Finished();

    private readonly SemaphoreSlim _semaphore = new(1);
    private UdsWorkerDispatcher? _dispatcher;
    private WorkerPool? _pool;

    /// <summary>Starts the worker, and takes it twice.</summary>
    [GlobalSetup(Target = nameof(AcquireAndRelease))]
    public async Task Setup()
    {
        _dispatcher = EchoSessions.Reusing();
        _pool = _dispatcher.Pool;
        await EchoSessions.RunAsync(_dispatcher);
        if (await AcquireAndRelease() != await AcquireAndRelease() || _dispatcher.GetStatistics().Single() is not { StartedCount: 1, IdleCount: 1 })
        {
            throw new InvalidOperationException("The worker was not used again.");
        }
    }

    /// <summary>Ends the worker.</summary>
    [GlobalCleanup(Target = nameof(AcquireAndRelease))]
    public async Task Cleanup()
    {
        if (_dispatcher is not null)
        {
            await _dispatcher.DisposeAsync();
        }
    }

    /// <summary>A semaphore, entered and left.</summary>
    [Benchmark(Baseline = true)]
    public async Task<int> Semaphore()
    {
        await _semaphore.WaitAsync();
        return _semaphore.Release();
    }

    /// <summary>The worker, acquired and released.</summary>
    /// <returns>Which it was.</returns>
    [Benchmark]
    public async ValueTask<int?> AcquireAndRelease()
    {
        PoolLease lease = await _pool!.AcquireAsync(scope: null, since: null, CancellationToken.None);
        await new WorkerLeaseHandle(lease).ReleaseAsync(Outcome);
        return lease.ProcessId;
    }
}
