using BenchmarkDotNet.Attributes;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>What does it cost to take a warm worker out of the pool and to give it back?</summary>
/// <remarks>
/// The book behind its lock and with its clock, as the pool uses it, without contention; the baseline only counts. Must be below a microsecond, allocate nothing and not depend on the number of workers.
/// Sensitive to the code of <see cref="PoolBook"/>; blind to contention, to the lease and to the session around it.
/// </remarks>
[MemoryDiagnoser]
public class PoolBookBenchmark
{
    private readonly Lock _gate = new();
    private readonly PoolBook _book = new();
    private readonly SemaphoreSlim _semaphore = new(1);
    private readonly TimeProvider _clock = TimeProvider.System;
    private PoolKeyState? _key;

    /// <summary>Idle workers.</summary>
    [Params(1, 64)]
    public int Workers { get; set; }

    /// <summary>Sessions that a worker takes.</summary>
    [Params(1, 8)]
    public int SessionsPerWorker { get; set; }

    /// <summary>Makes the workers ready.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var effects = default(PoolEffects);
        _key = _book.Open("worker", new PoolLimits { SessionsPerWorker = SessionsPerWorker });
        _book.WarmUp(_key, Workers, Now(), ref effects);
        for (int index = 0; index < Workers; index++)
        {
            var news = default(PoolEffects);
            _book.StartSucceeded(effects[index].Slot!, Now(), ref news);
        }

        if (_key.IdleCount != Workers || AcquireAndRelease() != 0)
        {
            throw new InvalidOperationException("The pool is not as it should be.");
        }
    }

    /// <summary>A semaphore, entered and left.</summary>
    [Benchmark(Baseline = true)]
    public int Semaphore()
    {
        _semaphore.Wait(0);
        return _semaphore.Release();
    }

    /// <summary>A worker, taken and given back: two calls, each under the lock.</summary>
    /// <returns>How many effects there were: none.</returns>
    [Benchmark]
    public int AcquireAndRelease()
    {
        var effects = default(PoolEffects);
        PoolSlot slot;
        lock (_gate)
        {
            slot = _book.TryAcquire(_key!, Now(), ref effects)!;
        }

        lock (_gate)
        {
            _book.Release(slot, Now(), ref effects);
        }

        return effects.Count;
    }

    /// <summary>The slow way in, which finds a worker after all; with the object that would wait, which is all that is allocated.</summary>
    /// <returns>How many effects there were: the grant.</returns>
    [Benchmark]
    public int WaitThatIsGrantedAtOnce()
    {
        var effects = default(PoolEffects);
        var waiter = new BenchmarkWaiter();
        lock (_gate)
        {
            _book.Wait(_key!, waiter, Now(), Now() + TimeSpan.FromSeconds(30), ref effects);
        }

        PoolSlot slot = effects[0].Slot!;
        lock (_gate)
        {
            _book.Release(slot, Now(), ref effects, wasUsed: false);
        }

        return effects.Count;
    }

    private TimeSpan Now() => _clock.GetElapsedTime(0);
}
