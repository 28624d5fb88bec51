using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// How many workers several dispatchers may have together, with those that are starting or ending. Handed to them as <see cref="WorkerPoolOptions.Budget"/>. When it is used up, idle workers of one pool
/// are ended for another before anyone waits. Thread safe; holds nothing that is to be disposed.
/// </summary>
public sealed class WorkerBudget
{
    /// <summary>Creates a budget.</summary>
    /// <param name="maxWorkers">The most workers at a time; at least 1.</param>
    /// <param name="timeProvider">The clock of all pools that share the budget, so that their callers can be put in order; <see langword="null"/> for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxWorkers"/> is less than 1.</exception>
    public WorkerBudget(int maxWorkers, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWorkers, 1);
        MaxWorkers = maxWorkers;
        Keeper = new PoolKeeper(maxWorkers, timeProvider ?? TimeProvider.System);
    }

    /// <summary>The most workers at a time.</summary>
    public int MaxWorkers { get; }

    /// <summary>How many there are now.</summary>
    public int WorkerCount => Keeper.Do(0, static (PoolBook book, int _, TimeSpan _, ref PoolEffects _) => book.WorkerCount);

    /// <summary>What the pools that share the budget have in common.</summary>
    internal PoolKeeper Keeper { get; }
}
