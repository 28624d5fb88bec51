namespace Udf.Worker.Direct;

/// <summary>Why a worker was taken out of its pool.</summary>
public enum WorkerRetireReason
{
    /// <summary>No session came for <see cref="WorkerPoolOptions.IdleTimeout"/>.</summary>
    Idle,

    /// <summary>It had reached <see cref="WorkerPoolOptions.MaxWorkerAge"/>.</summary>
    Age,

    /// <summary>It had served <see cref="WorkerPoolOptions.MaxSessionsPerWorker"/> sessions.</summary>
    Sessions,

    /// <summary>It held more than <see cref="WorkerPoolOptions.MaxResidentBytes"/>.</summary>
    Memory,

    /// <summary>A session on it ended in a way that leaves its state unknown, or it was found unhealthy when it was given back.</summary>
    Broken,

    /// <summary>It ended by itself, or its connection was lost.</summary>
    Died,

    /// <summary>Its place in the <see cref="WorkerBudget"/> was needed for another specification or security scope.</summary>
    Evicted,

    /// <summary>The pool was drained.</summary>
    Drained,

    /// <summary>Newer workers took its place.</summary>
    Replaced,

    /// <summary>The dispatcher was closed.</summary>
    Closed,

    /// <summary>Its specification does not support reuse, and its session had ended.</summary>
    NoReuse,

    /// <summary>A session on it was never closed, and was found by the garbage collector.</summary>
    Abandoned,

    /// <summary>It was being started for callers that were cancelled meanwhile.</summary>
    NotNeeded,
}
