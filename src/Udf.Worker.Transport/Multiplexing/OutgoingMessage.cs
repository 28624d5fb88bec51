namespace Udf.Worker.Transport.Internal;

/// <summary>A message on its way into a multiplexed connection, in two pieces so that a payload is copied once only.</summary>
/// <param name="Head">What stands before the body, or all of it.</param>
/// <param name="Body">The payload; kept until the message is taken or dropped.</param>
/// <param name="Costs">Whether it costs window.</param>
/// <param name="IsDroppable">Whether a cancellation drops it as long as nothing of it has been sent.</param>
internal readonly record struct OutgoingMessage(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body, bool Costs, bool IsDroppable)
{
    internal int Length => Head.Length + Body.Length;

    internal void CopyTo(int offset, Span<byte> destination)
    {
        if (offset < Head.Length)
        {
            int count = Math.Min(Head.Length - offset, destination.Length);
            Head.Span.Slice(offset, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }

        if (!destination.IsEmpty)
        {
            Body.Span.Slice(offset - Head.Length, destination.Length).CopyTo(destination);
        }
    }
}
