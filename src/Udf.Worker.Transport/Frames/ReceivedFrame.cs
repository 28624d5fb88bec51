using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>One thing that a reader of frames has come to.</summary>
internal readonly struct ReceivedFrame
{
    private ReceivedFrame(FrameKind kind, AlignedBuffer? buffer, string? fault, FrameError? refusal = null)
    {
        Kind = kind;
        Buffer = buffer;
        Fault = fault;
        Refusal = refusal;
    }

    internal FrameKind Kind { get; }

    /// <summary>The bytes, of which the receiver of this value is the owner; <see langword="null"/> at the end.</summary>
    internal AlignedBuffer? Buffer { get; }

    /// <summary>What is wrong with the stream, in a sentence, if it is <see cref="FrameKind.Broken"/>.</summary>
    internal string? Fault { get; }

    /// <summary>Set beside <see cref="Fault"/> if a frame was refused from its header: the peer is still there, and may be told.</summary>
    internal FrameError? Refusal { get; }

    internal static ReceivedFrame End { get; } = new(FrameKind.End, null, null);

    internal static ReceivedFrame Data(AlignedBuffer payload) => new(FrameKind.Data, payload, null);

    internal static ReceivedFrame Message(AlignedBuffer message) => new(FrameKind.Message, message, null);

    internal static ReceivedFrame Broken(string fault) => new(FrameKind.Broken, null, fault);

    internal static ReceivedFrame Refused(FrameError refusal) => new(FrameKind.Broken, null, refusal.Message, refusal);
}
