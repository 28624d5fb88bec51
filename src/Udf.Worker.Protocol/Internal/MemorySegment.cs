using System.Buffers;

namespace Udf.Worker.Protocol.Internal;

/// <summary>One part of a sequence over memory that others own.</summary>
internal sealed class MemorySegment : ReadOnlySequenceSegment<byte>
{
    private MemorySegment(ReadOnlyMemory<byte> memory, long runningIndex)
    {
        Memory = memory;
        RunningIndex = runningIndex;
    }

    internal static ReadOnlySequence<byte> Join(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        if (parts.Count == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        MemorySegment first = new(parts[0], 0);
        MemorySegment last = first;
        for (int index = 1; index < parts.Count; index++)
        {
            MemorySegment next = new(parts[index], last.RunningIndex + last.Memory.Length);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
