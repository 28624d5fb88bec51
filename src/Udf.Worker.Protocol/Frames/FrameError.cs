using System.Globalization;

namespace Udf.Worker.Protocol;

/// <summary>
/// A frame that is refused from its header, before a byte of its message is buffered. The stream is out of step after it:
/// the connection ends.
/// </summary>
/// <param name="Kind">The reason.</param>
/// <param name="Flag">The compressed flag of the header.</param>
/// <param name="LengthBytes">The length that the header gives.</param>
/// <param name="Limit">What the receiver takes.</param>
public sealed record FrameError(FrameErrorKind Kind, byte Flag, uint LengthBytes, FrameLimit Limit)
{
    /// <summary>What happened and which setting decides it, in one or two sentences.</summary>
    public string Message => Kind switch
    {
        FrameErrorKind.FlagNotZero => string.Create(
            CultureInfo.InvariantCulture,
            $"A frame begins with flag 0x{Flag:X2}; only 0 (not compressed) is known. The peer does not speak UDF frames or has lost step."),
        FrameErrorKind.TooLong => string.Create(
            CultureInfo.InvariantCulture,
            $"A frame of {LengthBytes} bytes is longer than the limit of {Limit.MaxFrameBytes} bytes ({Limit.SettingName}). Send smaller batches, or raise the setting."),
        _ => throw new InvalidOperationException($"Unknown kind of frame error {Kind}."),
    };

    /// <inheritdoc/>
    public override string ToString() => Message;
}
