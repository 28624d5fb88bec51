namespace Udf.Worker.Direct.Internal;

/// <summary>Whether a key gives out workers.</summary>
internal enum PoolKeyPhase
{
    Open,

    /// <summary>No new sessions; those that run go on.</summary>
    Draining,

    /// <summary>No sessions at all. The book no longer knows it once its last worker is gone.</summary>
    Closed,
}
