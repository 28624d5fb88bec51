namespace Udf.Worker.Protocol;

/// <summary>Why a frame is refused from its header alone.</summary>
public enum FrameErrorKind
{
    /// <summary>The compressed flag is not 0.</summary>
    FlagNotZero,

    /// <summary>The message is longer than the receiver takes.</summary>
    TooLong,
}
