namespace Udf.Worker.Protocol;

/// <summary>The sending side of one stream: its window, and the message that has begun. It decides what may go out next; it holds no bytes.</summary>
/// <remarks>Not thread-safe: the caller serialises all calls.</remarks>
public sealed class StreamSending
{
    /// <summary>The window with which each direction of each stream begins, unless the receiver says otherwise.</summary>
    public const int DefaultWindowBytes = 256 * 1024;

    /// <summary>The largest window.</summary>
    public const long MaxWindowBytes = 1L << 31;

    /// <summary>Begins a stream.</summary>
    /// <param name="windowBytes">What the receiver takes at the beginning.</param>
    public StreamSending(long windowBytes = DefaultWindowBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windowBytes, MaxWindowBytes);
        WindowBytes = windowBytes;
    }

    /// <summary>So many bytes that cost may still be sent. The last frame may have taken it below zero.</summary>
    public long WindowBytes { get; private set; }

    /// <summary>
    /// Whether a message has been sent in part. It must be finished first, whatever comes next on this stream, but for a reset: a receiver could not tell its rest from another message.
    /// </summary>
    public bool IsInsideMessage { get; private set; }

    /// <summary>Whether a frame of a message may go out now.</summary>
    /// <param name="costs">Whether the message costs window.</param>
    public bool MaySend(bool costs) => !costs || WindowBytes > 0;

    /// <summary>Takes the next frame of a message, if it may go out now.</summary>
    /// <param name="remainingBytes">What is left of the message.</param>
    /// <param name="costs">Whether the message costs window.</param>
    /// <param name="kind">The kind of the frame.</param>
    /// <param name="contentBytes">How much of the message goes into it.</param>
    /// <returns>False if the stream has to wait for its window.</returns>
    public bool TryTakeFrame(int remainingBytes, bool costs, out StreamFrameKind kind, out int contentBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(remainingBytes);
        kind = StreamFrameKind.Message;
        contentBytes = 0;
        if (!MaySend(costs))
        {
            return false;
        }

        contentBytes = Math.Min(remainingBytes, StreamFrameHeader.MaxContentBytes);
        IsInsideMessage = contentBytes < remainingBytes;
        kind = IsInsideMessage ? StreamFrameKind.Part : StreamFrameKind.Message;
        WindowBytes -= costs ? contentBytes : 0;
        return true;
    }

    /// <summary>The receiver takes more.</summary>
    /// <param name="stream">The number of the stream, for the error.</param>
    /// <param name="bytes">So many further bytes.</param>
    /// <returns>Why the connection is broken; <see langword="null"/> if it is not.</returns>
    public MultiplexError? Grant(uint stream, long bytes)
    {
        long window = WindowBytes + bytes;
        if (window > MaxWindowBytes)
        {
            return MultiplexError.WindowTooLarge(stream, window);
        }

        WindowBytes = window;
        return null;
    }
}
