using System.Buffers;

namespace Udf.Worker.Protocol;

/// <summary>Cuts frames out of bytes as they arrive. Keeps nothing between calls and copies no message.</summary>
public static class FrameParser
{
    /// <summary>Takes one frame from the beginning of a buffer.</summary>
    /// <param name="buffer">The bytes received so far; moved behind the frame if there is one.</param>
    /// <param name="limit">What the receiver takes. It is checked as soon as the header is there, before the message is.</param>
    /// <param name="message">The message, without header, in the memory of <paramref name="buffer"/>; empty if there is none.</param>
    /// <param name="error">Why the frame is refused; null otherwise.</param>
    /// <returns>Whether there is a frame, not yet, or never.</returns>
    public static FrameReadStatus TryReadFrame(
        ref ReadOnlySequence<byte> buffer,
        FrameLimit limit,
        out ReadOnlySequence<byte> message,
        out FrameError? error)
    {
        message = default;
        error = null;

        ReadOnlySpan<byte> header = buffer.FirstSpan;
        if (header.Length < FrameHeader.SizeBytes)
        {
            if (buffer.Length < FrameHeader.SizeBytes)
            {
                return FrameReadStatus.NeedMore;
            }

            Span<byte> copy = stackalloc byte[FrameHeader.SizeBytes];
            buffer.Slice(0, FrameHeader.SizeBytes).CopyTo(copy);
            return TryReadFrame(copy, ref buffer, limit, out message, out error);
        }

        return TryReadFrame(header, ref buffer, limit, out message, out error);
    }

    private static FrameReadStatus TryReadFrame(
        ReadOnlySpan<byte> headerBytes,
        ref ReadOnlySequence<byte> buffer,
        FrameLimit limit,
        out ReadOnlySequence<byte> message,
        out FrameError? error)
    {
        message = default;
        if (!FrameHeader.TryParse(headerBytes, limit, out FrameHeader header, out error))
        {
            return FrameReadStatus.Broken;
        }

        if (buffer.Length - FrameHeader.SizeBytes < header.MessageBytes)
        {
            return FrameReadStatus.NeedMore;
        }

        message = buffer.Slice(FrameHeader.SizeBytes, header.MessageBytes);
        buffer = buffer.Slice(message.End);
        return FrameReadStatus.Frame;
    }
}
