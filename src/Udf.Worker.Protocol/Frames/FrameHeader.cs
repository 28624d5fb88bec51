using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Protocol;

/// <summary>The five bytes before each message: a compressed flag, always 0, and the length, big-endian. As in gRPC.</summary>
public readonly record struct FrameHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int SizeBytes = 5;

    /// <summary>Creates the header of a message.</summary>
    /// <param name="messageBytes">Length of the message.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="messageBytes"/> is negative.</exception>
    public FrameHeader(int messageBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(messageBytes);
        MessageBytes = messageBytes;
    }

    /// <summary>Length of the message that follows; 0 is a valid frame with an empty message.</summary>
    public int MessageBytes { get; }

    /// <summary>Reads a header and holds it against the limit.</summary>
    /// <param name="source">At least <see cref="SizeBytes"/> bytes.</param>
    /// <param name="limit">What the receiver takes.</param>
    /// <param name="header">The header, if the frame is taken.</param>
    /// <param name="error">Why not, if it is refused.</param>
    /// <returns>True if the frame is taken.</returns>
    /// <exception cref="ArgumentException"><paramref name="source"/> is too short.</exception>
    public static bool TryParse(ReadOnlySpan<byte> source, FrameLimit limit, out FrameHeader header, [NotNullWhen(false)] out FrameError? error)
    {
        if (source.Length < SizeBytes)
        {
            throw new ArgumentException($"A frame header has {SizeBytes} bytes; {source.Length} were given.", nameof(source));
        }

        byte flag = source[0];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source[1..]);
        header = default;
        if (flag != 0)
        {
            // Named before the length: the length of a stream that is out of step means nothing.
            error = new FrameError(FrameErrorKind.FlagNotZero, flag, length, limit);
            return false;
        }

        if (length > (uint)limit.MaxFrameBytes)
        {
            error = new FrameError(FrameErrorKind.TooLong, flag, length, limit);
            return false;
        }

        header = new FrameHeader((int)length);
        error = null;
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="SizeBytes"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void Write(Span<byte> destination)
    {
        if (destination.Length < SizeBytes)
        {
            throw new ArgumentException($"A frame header has {SizeBytes} bytes; there is room for {destination.Length}.", nameof(destination));
        }

        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)MessageBytes);
    }
}
