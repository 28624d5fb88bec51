namespace Udf.Worker.Protocol;

/// <summary>Where a frame of a multiplexed connection belongs.</summary>
public enum StreamFrameTarget
{
    /// <summary>To a stream that is open.</summary>
    Open,

    /// <summary>To a stream that has ended: it is dropped.</summary>
    Ended,

    /// <summary>To the next stream, which the engine opens with it. Only on the worker's side.</summary>
    Next,

    /// <summary>To all streams: it sets their initial window.</summary>
    InitialWindow,

    /// <summary>Nowhere: the connection is broken.</summary>
    Broken,
}
