namespace Udf.Worker.Protocol;

/// <summary>Tells from the first bytes of a message what it costs. Pure functions, safe from any thread.</summary>
public static class StreamMessages
{
    /// <summary>The most bytes that are needed to tell.</summary>
    public const int MaxPrefixBytes = 1 + MaxVarintBytes + 1;

    private const int MaxVarintBytes = 5;
    private const byte Field1 = (1 << 3) | 2;
    private const byte Field2 = (2 << 3) | 2;
    private const byte Field3 = (3 << 3) | 2;
    private const byte Field4 = (4 << 3) | 2;

    /// <summary>Whether a message costs window.</summary>
    /// <param name="kind">What it is; decided.</param>
    public static bool Costs(StreamMessageKind kind) => kind switch
    {
        StreamMessageKind.Data or StreamMessageKind.Init or StreamMessageKind.Chunk or StreamMessageKind.Unusual => true,
        StreamMessageKind.Control or StreamMessageKind.Cancellation => false,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not decided."),
    };

    /// <summary>Tells what a message is.</summary>
    /// <param name="start">Its first bytes.</param>
    /// <param name="isWhole">Whether these are all.</param>
    /// <param name="direction">Which way it travels.</param>
    /// <param name="declaredBytes">How long the message must be at least, as its first field says; 0 if that is not known.</param>
    /// <returns>What it is; <see cref="StreamMessageKind.Undecided"/> only if more is to come.</returns>
    public static StreamMessageKind Classify(ReadOnlySpan<byte> start, bool isWhole, StreamDirection direction, out long declaredBytes)
    {
        declaredBytes = 0;
        if (start.IsEmpty)
        {
            // An empty message is none of those that cost; its phase knows what to make of it.
            return isWhole ? StreamMessageKind.Control : StreamMessageKind.Undecided;
        }

        byte tag = start[0];
        if (tag is not (Field1 or Field2))
        {
            return StreamMessageKind.Unusual;
        }

        int position = 1;
        if (!TryReadLength(start, ref position, out long length))
        {
            bool isTorn = start.Length <= MaxVarintBytes;
            return isTorn && !isWhole ? StreamMessageKind.Undecided : StreamMessageKind.Unusual;
        }

        declaredBytes = position + length;
        if (tag == Field2)
        {
            return StreamMessageKind.Data;
        }

        if (position == start.Length)
        {
            return isWhole ? StreamMessageKind.Control : StreamMessageKind.Undecided;
        }

        return length == 0 ? StreamMessageKind.Unusual : ClassifyControl(start[position], direction);
    }

    private static StreamMessageKind ClassifyControl(byte tag, StreamDirection direction) => (direction, tag) switch
    {
        (StreamDirection.Requests, Field1) => StreamMessageKind.Init,
        (StreamDirection.Requests, Field2) => StreamMessageKind.Chunk,
        (StreamDirection.Requests, Field3) => StreamMessageKind.Control,
        (StreamDirection.Requests, Field4) => StreamMessageKind.Cancellation,
        (StreamDirection.Responses, Field1 or Field2 or Field4) => StreamMessageKind.Control,
        (StreamDirection.Responses, Field3) => StreamMessageKind.Cancellation,
        _ => StreamMessageKind.Unusual,
    };

    private static bool TryReadLength(ReadOnlySpan<byte> start, ref int position, out long length)
    {
        length = 0;
        for (int index = 0; index < MaxVarintBytes && position < start.Length; index++)
        {
            byte value = start[position++];
            length |= (long)(value & 0x7F) << (7 * index);
            if ((value & 0x80) == 0)
            {
                return true;
            }
        }

        return false;
    }
}
