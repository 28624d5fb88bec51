namespace Udf.Worker.Direct.Internal;

/// <summary>Where a worker is in its life, as the book sees it.</summary>
internal enum PoolSlotState
{
    /// <summary>It is being started.</summary>
    Starting,

    /// <summary>It takes sessions, up to its limits.</summary>
    Ready,

    /// <summary>It takes no more sessions, and ends when those it has are over.</summary>
    Finishing,

    /// <summary>It is being ended. It still has its place.</summary>
    Ending,

    /// <summary>It has ended. Sessions that were on it may still be given back.</summary>
    Gone,
}
