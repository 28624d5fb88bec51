namespace Udf.Worker.Direct.Internal;

/// <summary>What the book keeps to for one key. Immutable.</summary>
internal sealed record PoolLimits
{
    public int MinIdle { get; init; }

    /// <summary>How long the minimum is kept when no session comes; <see langword="null"/> for ever.</summary>
    public TimeSpan? MinIdleTimeout { get; init; }

    public int MaxWorkers { get; init; } = int.MaxValue;

    /// <summary>Sessions on one worker at a time.</summary>
    public int SessionsPerWorker { get; init; } = 1;

    /// <summary>Sessions of one worker in its life.</summary>
    public int MaxSessions { get; init; } = int.MaxValue;

    /// <summary>Why a worker ends that has served <see cref="MaxSessions"/>.</summary>
    public WorkerRetireReason MaxSessionsReason { get; init; } = WorkerRetireReason.Sessions;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan? MaxAge { get; init; }

    public int MaxWaiting { get; init; } = int.MaxValue;

    public TimeSpan StartRetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan MaximumStartRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where the random part of times comes from: from 0 to below 1.</summary>
    public Func<double> NextRandom { get; init; } = Random.Shared.NextDouble;

    /// <param name="options">Valid options.</param>
    /// <param name="isReused">Whether a worker may serve a second session when the first is over.</param>
    /// <param name="isConcurrent">Whether it may serve several at a time.</param>
    /// <param name="nextRandom">Where the random part of times comes from.</param>
    public static PoolLimits From(WorkerPoolOptions options, bool isReused, bool isConcurrent, Func<double> nextRandom) => new()
    {
        MinIdle = options.MinIdleWorkers,
        MaxWorkers = options.MaxWorkers,
        SessionsPerWorker = isReused && isConcurrent ? options.SessionsPerWorker : 1,
        MaxSessions = isReused ? options.MaxSessionsPerWorker ?? int.MaxValue : 1,
        MaxSessionsReason = isReused ? WorkerRetireReason.Sessions : WorkerRetireReason.NoReuse,
        IdleTimeout = options.IdleTimeout,
        MaxAge = options.MaxWorkerAge,
        MaxWaiting = options.MaxWaiting,
        StartRetryDelay = options.StartRetryDelay,
        MaximumStartRetryDelay = options.MaximumStartRetryDelay,
        NextRandom = nextRandom,
    };

    /// <summary>How many sessions a new worker takes at once.</summary>
    public int SessionsOfNewWorker => Math.Min(SessionsPerWorker, MaxSessions);

    /// <summary>How long to wait after that many failures in a row: twice as long each time, up to a cap, less a random part of up to one half.</summary>
    public TimeSpan RetryDelay(int failures)
    {
        // As floating point it cannot overflow, however many failures there are.
        double milliseconds = Math.Min(StartRetryDelay.TotalMilliseconds * Math.Pow(2, failures - 1), MaximumStartRetryDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(milliseconds * (1 - (NextRandom() / 2)));
    }

    /// <summary>How old a new worker becomes: up to 10 % less than the limit, so that not all go at once.</summary>
    public TimeSpan? NextAge() => MaxAge * (1 - (NextRandom() / 10));
}
