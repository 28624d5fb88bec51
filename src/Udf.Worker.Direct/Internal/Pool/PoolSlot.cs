namespace Udf.Worker.Direct.Internal;

/// <summary>One place of the pool and the worker in it, from the decision to start it until it is gone. Written by <see cref="PoolBook"/> only.</summary>
internal sealed class PoolSlot(PoolKeyState key, TimeSpan startedAt, int failuresBefore) : PoolNode<PoolSlot>
{
    /// <summary>Whose worker it is: never another's.</summary>
    public PoolKeyState Key => key;

    /// <summary>What the shell keeps here: the start that runs, then the worker. The book does not look at it.</summary>
    public object? Tag { get; set; }

    public PoolSlotState State { get; internal set; }

    /// <summary>How many sessions run on it.</summary>
    public int SessionCount { get; internal set; }

    /// <summary>How many sessions it was given in its life.</summary>
    public int ServedCount { get; internal set; }

    /// <summary>Why it ends; meaningful from <see cref="PoolSlotState.Finishing"/> on.</summary>
    public WorkerRetireReason Reason { get; internal set; }

    internal TimeSpan StartedAt => startedAt;

    /// <summary>Whether it was started ahead of demand, and not for a waiter.</summary>
    internal bool IsAhead { get; init; }

    /// <summary>How many starts of the key had failed in a row when this one began: failures of the same time are one.</summary>
    internal int FailuresBefore => failuresBefore;

    /// <summary>How many sessions it had when it said that it takes no more; it gets no more than that until it has none. <see cref="int.MaxValue"/> if it has not.</summary>
    internal int FullAt { get; set; } = int.MaxValue;

    internal TimeSpan IdleSince { get; set; }

    internal TimeSpan ExpiresAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>Where it stands in its key's list of slots.</summary>
    internal int Index { get; set; }

    /// <summary>Whether it takes another session.</summary>
    internal bool HasRoom => State == PoolSlotState.Ready && SessionCount < Math.Min(key.Limits.SessionsPerWorker, FullAt) && ServedCount < key.Limits.MaxSessions;
}
