using System.Globalization;

namespace Udf.Worker.Protocol;

/// <summary>Why a multiplexed connection is broken.</summary>
public sealed record MultiplexError
{
    private MultiplexError(MultiplexErrorKind kind, string message)
    {
        Kind = kind;
        Message = message;
    }

    /// <summary>The reason.</summary>
    public MultiplexErrorKind Kind { get; }

    /// <summary>What happened, in a sentence or two.</summary>
    public string Message { get; }

    /// <inheritdoc/>
    public override string ToString() => Message;

    internal static MultiplexError UnknownKind(StreamFrameKind kind, uint stream) =>
        new(MultiplexErrorKind.UnknownKind, Text($"A multiplexed frame of stream {stream} has kind {(byte)kind}, which does not exist. The peer has lost step, or does not speak multiplexed frames."));

    internal static MultiplexError TooLong(StreamFrameKind kind, uint stream, uint length) =>
        new(MultiplexErrorKind.TooLong, Text($"A multiplexed frame ({kind}) of stream {stream} has {length} bytes; {StreamFrameHeader.MaxContentBytes} is the most. Longer messages travel in parts."));

    internal static MultiplexError WrongLength(StreamFrameKind kind, uint stream, uint length) =>
        new(MultiplexErrorKind.WrongLength, Text($"A multiplexed frame ({kind}) of stream {stream} has {length} bytes, which this kind never has."));

    internal static MultiplexError NeverOpened(StreamFrameKind kind, uint stream, uint highest) =>
        new(MultiplexErrorKind.NeverOpened, Text($"A multiplexed frame ({kind}) belongs to stream {stream}, which was never opened: {highest} is the highest that was."));

    internal static MultiplexError NotOpenedByInit(StreamMessageKind message) =>
        new(MultiplexErrorKind.NeverOpened, Text($"A stream that was never opened began with another message than Init ({message})."));

    internal static MultiplexError LateInitialWindow() =>
        new(MultiplexErrorKind.LateInitialWindow, "An initial window was not the very first frame of its connection.");

    internal static MultiplexError WindowTooLarge(uint stream, long window) =>
        new(MultiplexErrorKind.WindowTooLarge, Text($"The window of stream {stream} would be {window} bytes; {StreamSending.MaxWindowBytes} is the most."));

    internal static MultiplexError WindowExceeded(int frameBytes, long window) =>
        new(MultiplexErrorKind.WindowExceeded, Text($"{frameBytes} bytes of data were sent on a stream whose window is {window}."));

    internal static MultiplexError TooMuchControl(long bytes) =>
        new(MultiplexErrorKind.WindowExceeded, Text($"{bytes} bytes of messages that cost no window were sent on a stream whose reader has not taken them: no execution has so many."));

    internal static MultiplexError UnfinishedPart(long missing) =>
        new(MultiplexErrorKind.UnfinishedPart, Text($"A message in parts was left unfinished by another message, {missing} bytes before its end."));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
