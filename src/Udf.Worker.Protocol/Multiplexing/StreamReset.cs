using System.Text;

namespace Udf.Worker.Protocol;

/// <summary>What a reset says: a code, and why in words.</summary>
/// <param name="Code">The code. May be a number that <see cref="StreamResetCode"/> does not name.</param>
/// <param name="Reason">Why; may be empty.</param>
public sealed record StreamReset(StreamResetCode Code, string Reason)
{
    /// <summary>Longer texts are cut when they are written.</summary>
    public const int MaxReasonBytes = 4096;

    /// <summary>Reads what follows the header of a reset.</summary>
    /// <param name="content">At least one byte. Text that is no UTF-8 is read as well as it can be.</param>
    public static StreamReset Parse(ReadOnlySpan<byte> content) => new((StreamResetCode)content[0], Encoding.UTF8.GetString(content[1..]));

    /// <summary>Makes the whole frame.</summary>
    /// <param name="stream">The stream that is over.</param>
    public byte[] ToFrame(uint stream)
    {
        byte[] text = Encoding.UTF8.GetBytes(Reason);
        int length = text.Length;
        if (length > MaxReasonBytes)
        {
            // Not within a character.
            length = MaxReasonBytes;
            while ((text[length] & 0xC0) == 0x80)
            {
                length--;
            }
        }

        byte[] frame = new byte[StreamFrameHeader.SizeBytes + 1 + length];
        new StreamFrameHeader(StreamFrameKind.Reset, stream, 1 + length).Write(frame);
        frame[StreamFrameHeader.SizeBytes] = (byte)Code;
        text.AsSpan(0, length).CopyTo(frame.AsSpan(StreamFrameHeader.SizeBytes + 1));
        return frame;
    }
}
