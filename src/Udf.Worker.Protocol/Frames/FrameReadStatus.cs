namespace Udf.Worker.Protocol;

/// <summary>What <see cref="FrameParser"/> found at the beginning of a buffer.</summary>
public enum FrameReadStatus
{
    /// <summary>Not yet a whole frame. Nothing was consumed.</summary>
    NeedMore,

    /// <summary>A frame, which was consumed.</summary>
    Frame,

    /// <summary>A frame that is refused. Nothing was consumed, and nothing after it can be read.</summary>
    Broken,
}
