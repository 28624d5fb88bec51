namespace Udf.Worker.Protocol;

/// <summary>Cuts multiplexed frames out of bytes as they arrive. Keeps nothing between calls and copies nothing.</summary>
public static class StreamFrameParser
{
    /// <summary>The most bytes that a frame has. A buffer of this size always comes to a whole frame.</summary>
    public const int MaxFrameBytes = StreamFrameHeader.SizeBytes + StreamFrameHeader.MaxContentBytes;

    /// <summary>Takes one frame from the beginning of a buffer.</summary>
    /// <param name="buffer">The bytes received so far; moved behind the frame if there is one.</param>
    /// <param name="header">Its header.</param>
    /// <param name="content">What follows its header, in the memory of <paramref name="buffer"/>.</param>
    /// <param name="error">Why the connection is broken, if it is; <see langword="null"/> otherwise.</param>
    /// <returns>Whether there is a frame, not yet, or never. It is refused as soon as its header is there.</returns>
    public static FrameReadStatus TryReadFrame(ref ReadOnlySpan<byte> buffer, out StreamFrameHeader header, out ReadOnlySpan<byte> content, out MultiplexError? error)
    {
        header = default;
        content = default;
        error = null;
        if (buffer.Length < StreamFrameHeader.SizeBytes)
        {
            return FrameReadStatus.NeedMore;
        }

        if (!StreamFrameHeader.TryParse(buffer, out header, out error))
        {
            return FrameReadStatus.Broken;
        }

        if (buffer.Length - StreamFrameHeader.SizeBytes < header.ContentBytes)
        {
            return FrameReadStatus.NeedMore;
        }

        content = buffer.Slice(StreamFrameHeader.SizeBytes, header.ContentBytes);
        buffer = buffer[(StreamFrameHeader.SizeBytes + header.ContentBytes)..];
        return FrameReadStatus.Frame;
    }
}
