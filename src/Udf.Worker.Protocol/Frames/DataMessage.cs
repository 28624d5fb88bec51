using System.Buffers;

namespace Udf.Worker.Protocol;

/// <summary>
/// Batches without the protobuf library. <c>UdfRequest.data.data</c> and <c>UdfResponse.data.data</c> have the same bytes on
/// the wire: <c>tag, length, tag, length, payload</c>. This writes what stands before the payload and finds the payload again.
/// </summary>
/// <remarks>
/// What is written has lengths of fixed width, so that payloads begin at byte 16 of a frame. What is read may have lengths of
/// any width of up to five bytes. Pure functions, safe from any thread.
/// </remarks>
public static class DataMessage
{
    /// <summary>Bytes before a payload shorter than 2^28 bytes, frame header included.</summary>
    public const int FramePrefixBytes = 16;

    /// <summary>Bytes before a payload of 2^28 bytes or more, frame header included.</summary>
    public const int LongFramePrefixBytes = FramePrefixBytes + 1;

    /// <summary>The most bytes of a message, frame header not included, that <see cref="Peek"/> needs to decide.</summary>
    public const int MaxMessagePrefixBytes = 2 * (1 + MaxVarintBytes);

    /// <summary>The longest payload whose message still has a length that protobuf libraries read.</summary>
    public const int MaxPayloadBytes = int.MaxValue - MaxMessagePrefixBytes;

    private const byte OuterTag = (2 << 3) | 2; // UdfRequest.data and UdfResponse.data
    private const byte InnerTag = (1 << 3) | 2; // DataRequest.data and DataResponse.data
    private const int MaxVarintBytes = 5;
    private const int ShortPayloadBytes = 1 << 28;

    /// <summary>How many bytes <see cref="WriteFramePrefix"/> writes.</summary>
    /// <param name="payloadBytes">Length of the payload.</param>
    /// <returns><see cref="FramePrefixBytes"/> or <see cref="LongFramePrefixBytes"/>.</returns>
    public static int GetFramePrefixBytes(int payloadBytes) =>
        payloadBytes < ShortPayloadBytes ? FramePrefixBytes : LongFramePrefixBytes;

    /// <summary>Length of the message, the N of its frame header, as <see cref="WriteFramePrefix"/> writes it.</summary>
    /// <param name="payloadBytes">Length of the payload.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="payloadBytes"/> is negative or above <see cref="MaxPayloadBytes"/>.</exception>
    public static int GetMessageBytes(int payloadBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadBytes, MaxPayloadBytes);
        return GetFramePrefixBytes(payloadBytes) - FrameHeader.SizeBytes + payloadBytes;
    }

    /// <summary>Writes all that stands before the payload of a batch: frame header, tags and lengths.</summary>
    /// <param name="destination">At least <see cref="GetFramePrefixBytes"/> bytes.</param>
    /// <param name="payloadBytes">Length of the payload that follows.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="payloadBytes"/> is negative or above <see cref="MaxPayloadBytes"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public static int WriteFramePrefix(Span<byte> destination, int payloadBytes)
    {
        int messageBytes = GetMessageBytes(payloadBytes);
        int prefixBytes = GetFramePrefixBytes(payloadBytes);
        if (destination.Length < prefixBytes)
        {
            throw new ArgumentException($"The prefix has {prefixBytes} bytes; there is room for {destination.Length}.", nameof(destination));
        }

        new FrameHeader(messageBytes).Write(destination);
        destination[FrameHeader.SizeBytes] = OuterTag;
        Span<byte> outerLength = destination.Slice(FrameHeader.SizeBytes + 1, MaxVarintBytes);
        WriteVarint(outerLength, messageBytes - 1 - MaxVarintBytes);

        int innerTag = FrameHeader.SizeBytes + 1 + MaxVarintBytes;
        destination[innerTag] = InnerTag;
        WriteVarint(destination[(innerTag + 1)..prefixBytes], payloadBytes);
        return prefixBytes;
    }

    /// <summary>
    /// Tells from the first bytes of a message where its payload begins and how long it is, so that a reader can receive the
    /// payload straight into the buffer that will own it.
    /// </summary>
    /// <param name="start">The message's first bytes, frame header not included; more than the message has must not be given.</param>
    /// <param name="messageBytes">Length of the whole message, the N of its frame header.</param>
    /// <param name="payloadOffset">Where in the message the payload begins, if this is <see cref="DataPeekStatus.Data"/>.</param>
    /// <param name="payloadBytes">Length of the payload, which ends with the message.</param>
    /// <returns>
    /// <see cref="DataPeekStatus.Data"/> only if the message is <c>tag, length, tag, length, payload</c> to its end, or an
    /// empty data message; a malformed message is <see cref="DataPeekStatus.NotSimple"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="messageBytes"/> is less than the bytes given.</exception>
    public static DataPeekStatus Peek(ReadOnlySpan<byte> start, int messageBytes, out int payloadOffset, out int payloadBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(messageBytes, start.Length);
        payloadOffset = 0;
        payloadBytes = 0;

        int position = 0;
        DataPeekStatus outer = PeekField(start, messageBytes, OuterTag, ref position);
        if (outer != DataPeekStatus.Data)
        {
            return outer;
        }

        // An encoder leaves out an empty payload, the default value.
        if (position < messageBytes)
        {
            DataPeekStatus inner = PeekField(start, messageBytes, InnerTag, ref position);
            if (inner != DataPeekStatus.Data)
            {
                return inner;
            }
        }

        payloadOffset = position;
        payloadBytes = messageBytes - position;
        return DataPeekStatus.Data;
    }

    /// <summary>Finds the payload of a whole message.</summary>
    /// <param name="message">The message, frame header not included.</param>
    /// <param name="payloadOffset">Where the payload begins.</param>
    /// <param name="payloadBytes">Length of the payload, which ends with the message.</param>
    /// <returns>False for everything that <see cref="Peek"/> calls not simple: parse it with the protobuf library.</returns>
    public static bool TryGetPayload(ReadOnlySpan<byte> message, out int payloadOffset, out int payloadBytes) =>
        Peek(message, message.Length, out payloadOffset, out payloadBytes) == DataPeekStatus.Data;

    /// <inheritdoc cref="TryGetPayload(ReadOnlySpan{byte}, out int, out int)"/>
    public static bool TryGetPayload(in ReadOnlySequence<byte> message, out int payloadOffset, out int payloadBytes)
    {
        if (message.IsSingleSegment)
        {
            return TryGetPayload(message.FirstSpan, out payloadOffset, out payloadBytes);
        }

        if (message.Length > int.MaxValue)
        {
            payloadOffset = 0;
            payloadBytes = 0;
            return false;
        }

        Span<byte> start = stackalloc byte[MaxMessagePrefixBytes];
        int count = (int)Math.Min(message.Length, start.Length);
        message.Slice(0, count).CopyTo(start);
        return Peek(start[..count], (int)message.Length, out payloadOffset, out payloadBytes) == DataPeekStatus.Data;
    }

    // A field with this tag whose value reaches to the end of the message.
    private static DataPeekStatus PeekField(ReadOnlySpan<byte> start, int messageBytes, byte tag, ref int position)
    {
        if (position == start.Length)
        {
            return Lacking(start, messageBytes);
        }

        if (start[position++] != tag)
        {
            return DataPeekStatus.NotSimple;
        }

        ulong length = 0;
        for (int index = 0; index < MaxVarintBytes; index++)
        {
            if (position == start.Length)
            {
                return Lacking(start, messageBytes);
            }

            byte value = start[position++];
            length |= (ulong)(value & 0x7F) << (7 * index);
            if ((value & 0x80) == 0)
            {
                return length == (ulong)(messageBytes - position) ? DataPeekStatus.Data : DataPeekStatus.NotSimple;
            }
        }

        return DataPeekStatus.NotSimple;
    }

    // A whole message that ends here is empty or torn.
    private static DataPeekStatus Lacking(ReadOnlySpan<byte> start, int messageBytes) =>
        start.Length < messageBytes ? DataPeekStatus.NeedMore : DataPeekStatus.NotSimple;

    // As many bytes as there are, whether the value needs them or not.
    private static void WriteVarint(Span<byte> destination, int value)
    {
        uint rest = (uint)value;
        for (int index = 0; index < destination.Length - 1; index++)
        {
            destination[index] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        destination[^1] = (byte)rest;
    }
}
