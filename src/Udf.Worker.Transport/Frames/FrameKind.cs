namespace Udf.Worker.Transport.Internal;

/// <summary>What a reader of frames has come to.</summary>
internal enum FrameKind
{
    /// <summary>A data message: the bytes are the payload alone.</summary>
    Data,

    /// <summary>Any other message: the bytes are the message as it stands in the frame.</summary>
    Message,

    /// <summary>The peer has ended its direction between two frames.</summary>
    End,

    /// <summary>The stream cannot be read on: it ended inside a frame, is out of step, holds a frame over the limit, or has stalled.</summary>
    Broken,
}
