namespace Udf.Worker.Direct.Internal;

/// <summary>All workers and waiters of one specification and security scope. Made by <see cref="PoolBook.Open"/>, and written by the book only.</summary>
internal sealed class PoolKeyState : PoolNode<PoolKeyState>
{
    private readonly PoolList<PoolSlot>[] _byLoad;

    internal PoolKeyState(PoolBook book, string name, PoolLimits limits)
    {
        Book = book;
        Name = name;
        Limits = limits;
        _byLoad = new PoolList<PoolSlot>[limits.SessionsPerWorker];
        for (int load = 0; load < _byLoad.Length; load++)
        {
            _byLoad[load] = new PoolList<PoolSlot>();
        }
    }

    /// <summary>What errors call one of its workers.</summary>
    public string Name { get; }

    public PoolLimits Limits { get; }

    /// <summary>What the shell keeps here. The book does not look at it.</summary>
    public object? Tag { get; set; }

    public PoolKeyPhase Phase { get; internal set; }

    public int WorkerCount => Slots.Count;

    public int IdleCount => _byLoad[0].Count;

    public int StartingCount { get; internal set; }

    public int EndingCount { get; internal set; }

    public int WaitingCount => Waiters.Count;

    /// <summary>Those of the starting ones that were begun for waiters.</summary>
    internal int StartingForWaitersCount { get; set; }

    internal PoolBook Book { get; }

    internal int ReadyCount { get; set; }

    internal int SessionCount { get; set; }

    /// <summary>All that are not gone, in no order.</summary>
    internal List<PoolSlot> Slots { get; } = [];

    /// <summary>In order of arrival. While there is one, no worker of the key has room.</summary>
    internal PoolList<PoolWaiter> Waiters { get; } = new();

    /// <summary>Whether <see cref="PoolLimits.MinIdle"/> is kept: since the first use or warm-up.</summary>
    internal bool KeepsMinimum { get; set; }

    /// <summary>When the last session ended; meaningful while none runs.</summary>
    internal TimeSpan LastUsed { get; set; }

    /// <summary>Failures in a row, until a worker has served a session cleanly: starts, and workers that died before their first session.</summary>
    internal int FailureCount { get; set; }

    /// <summary>Whether the last start failed: then one is tried at a time, and not before <see cref="RetryAt"/>.</summary>
    internal bool IsFailing { get; set; }

    internal TimeSpan RetryAt { get; set; }

    internal Exception? LastFailure { get; set; }

    internal PoolCounters Counters { get; } = new();

    /// <summary>The idle worker that has been idle longest.</summary>
    internal PoolSlot? LongestIdle => _byLoad[0].Last;

    /// <summary>The least loaded worker with room; among equals the one used last.</summary>
    internal PoolSlot? Choose()
    {
        foreach (PoolList<PoolSlot> slots in _byLoad)
        {
            if (slots.First is { } slot)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>Puts a slot where its load says, as the one used last; out of sight if it has no room.</summary>
    internal void Place(PoolSlot slot)
    {
        Hide(slot);
        if (slot.HasRoom)
        {
            _byLoad[slot.SessionCount].AddFirst(slot);
        }
    }

    internal static void Hide(PoolSlot slot) => slot.List?.Remove(slot);

    /// <summary>How many starting workers it takes for the waiters; rounded up.</summary>
    internal int StartsForWaiters => (int)(((long)Waiters.Count + Limits.SessionsOfNewWorker - 1) / Limits.SessionsOfNewWorker);

    /// <summary>How many waiters no starting worker will serve.</summary>
    internal int UncoveredCount => (int)Math.Max(0, Waiters.Count - ((long)StartingCount * Limits.SessionsOfNewWorker));

    /// <summary>The first of these.</summary>
    internal PoolWaiter? FirstUncovered
    {
        get
        {
            PoolWaiter? waiter = Waiters.First;
            for (long covered = (long)StartingCount * Limits.SessionsOfNewWorker; covered > 0 && waiter is not null; covered--)
            {
                waiter = waiter.Next;
            }

            return waiter;
        }
    }
}
