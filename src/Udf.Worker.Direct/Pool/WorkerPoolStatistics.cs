namespace Udf.Worker.Direct;

/// <summary>What one pool has, and what has happened in it since it was made: the workers of one specification and security scope, seen at one moment. Immutable.</summary>
public sealed record WorkerPoolStatistics
{
    /// <summary>Whom the workers serve; <see langword="null"/> for sessions without a scope.</summary>
    public WorkerSecurityScope? Scope { get; init; }

    /// <summary>Workers that are ready and have no session.</summary>
    public int IdleCount { get; init; }

    /// <summary>Workers that have at least one session, also those that take no more.</summary>
    public int ActiveCount { get; init; }

    /// <summary>Workers that are being started.</summary>
    public int StartingCount { get; init; }

    /// <summary>Workers that are being ended and are not gone yet.</summary>
    public int EndingCount { get; init; }

    /// <summary>Sessions that have a worker.</summary>
    public int SessionCount { get; init; }

    /// <summary>Callers that wait for a worker.</summary>
    public int WaitingCount { get; init; }

    /// <summary>How long the first of them has waited; zero if none waits.</summary>
    public TimeSpan FirstWaitingTime { get; init; }

    /// <summary>Sessions that were given a worker so far.</summary>
    public long AcquiredCount { get; init; }

    /// <summary>How many callers had to wait for theirs, if only for its start; one that was cancelled at the moment it got it counts here and not above.</summary>
    public long WaitedCount { get; init; }

    /// <summary>How long these waited together.</summary>
    public TimeSpan TotalWaitingTime { get; init; }

    /// <summary>How long the one waited that waited longest.</summary>
    public TimeSpan LongestWaitingTime { get; init; }

    /// <summary>Callers that were refused so far: too many waited, or they did for too long, or no worker could be started.</summary>
    public long RefusedCount { get; init; }

    /// <summary>Workers that were started so far and became ready.</summary>
    public long StartedCount { get; init; }

    /// <summary>Starts that failed so far.</summary>
    public long FailedStartCount { get; init; }

    /// <summary>How long the starts took together that succeeded.</summary>
    public TimeSpan TotalStartTime { get; init; }

    /// <summary>How long the one took that took longest.</summary>
    public TimeSpan LongestStartTime { get; init; }

    /// <summary>Workers that were retired so far, by reason. A reason that has not occurred is missing.</summary>
    public IReadOnlyDictionary<WorkerRetireReason, long> RetiredCounts { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<WorkerRetireReason, long>.Empty;

    /// <summary>Why the last worker could not be started, or <see langword="null"/> if the last start succeeded.</summary>
    public Exception? StartFailure { get; init; }

    /// <summary>How long no worker is started because of <see cref="StartFailure"/>; zero if one may be.</summary>
    public TimeSpan TimeToNextStart { get; init; }
}
