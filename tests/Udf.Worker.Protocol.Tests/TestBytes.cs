using System.Buffers;
using System.Security.Cryptography;

namespace Udf.Worker.Protocol.Tests;

/// <summary>Bytes for tests, in one piece or in segments.</summary>
internal static class TestBytes
{
    internal static byte[] Pattern(int count) => [.. Enumerable.Range(0, count).Select(index => (byte)((index * 31) + 7))];

    /// <summary>The same bytes, cut before each of the given positions.</summary>
    internal static ReadOnlySequence<byte> Segmented(byte[] data, params int[] cuts)
    {
        Segment first = new(data.AsMemory(0, cuts.Length == 0 ? data.Length : cuts[0]), 0);
        Segment last = first;
        for (int index = 0; index < cuts.Length; index++)
        {
            int end = index + 1 < cuts.Length ? cuts[index + 1] : data.Length;
            last = last.Append(data.AsMemory(cuts[index], end - cuts[index]));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        internal Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

/// <summary>Gives the bytes first, first + 1, … on every call.</summary>
internal sealed class CountingRandom(byte first) : RandomNumberGenerator
{
    public override void GetBytes(byte[] data)
    {
        for (int index = 0; index < data.Length; index++)
        {
            data[index] = (byte)(first + index);
        }
    }
}
