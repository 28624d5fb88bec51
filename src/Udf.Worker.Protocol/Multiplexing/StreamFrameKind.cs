namespace Udf.Worker.Protocol;

/// <summary>What a frame of a multiplexed connection carries. The numbers are those on the wire.</summary>
public enum StreamFrameKind : byte
{
    /// <summary>A message of the execution, or its last part.</summary>
    Message = 0,

    /// <summary>A part of a message; the next message frame of this stream goes on with it.</summary>
    Part = 1,

    /// <summary>So many further bytes may be sent on this stream; on stream 0, as the very first frame, so many at the beginning of every stream.</summary>
    Window = 2,

    /// <summary>The stream is over for the sender of the frame. Not answered.</summary>
    Reset = 3,
}
