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
        TimeProvider = timeProvider ?? TimeProvider.System;
        Book = new PoolBook(maxWorkers);
    }

    /// <summary>The most workers at a time.</summary>
    public int MaxWorkers { get; }

    /// <summary>How many there are now.</summary>
    public int WorkerCount
    {
        get
        {
            lock (Gate)
            {
                return Book.WorkerCount;
            }
        }
    }

    /// <summary>Held for each call to <see cref="Book"/>, and for nothing else.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Guarded by <see cref="Gate"/>.</summary>
    internal PoolBook Book { get; }

    /// <summary>The clock of the book.</summary>
    internal TimeProvider TimeProvider { get; }
}
