namespace Udf.Worker.Transport.Internal;

/// <summary>One thing that a reader of frames has come to.</summary>
internal readonly struct ReceivedFrame
{
    private ReceivedFrame(FrameKind kind, AlignedBuffer? buffer = null, FrameFault? fault = null)
    {
        Kind = kind;
        Buffer = buffer;
        Fault = fault;
    }

    internal FrameKind Kind { get; }

    /// <summary>The bytes, of which the receiver of this value is the owner; <see langword="null"/> at the end.</summary>
    internal AlignedBuffer? Buffer { get; }

    /// <summary>What is wrong with the stream, if it is <see cref="FrameKind.Broken"/>.</summary>
    internal FrameFault? Fault { get; }

    internal static ReceivedFrame End { get; } = new(FrameKind.End);

    internal static ReceivedFrame Data(AlignedBuffer payload) => new(FrameKind.Data, payload);

    internal static ReceivedFrame Message(AlignedBuffer message) => new(FrameKind.Message, message);

    internal static ReceivedFrame Broken(FrameFault fault) => new(FrameKind.Broken, fault: fault);
}
