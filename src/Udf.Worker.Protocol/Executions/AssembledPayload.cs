using System.Buffers;

namespace Udf.Worker.Protocol;

/// <summary>The payload of a function in the parts in which it came, inline part first. Nothing is copied until it is asked for.</summary>
/// <remarks>The parts are the memory of the messages that brought them.</remarks>
public sealed class AssembledPayload
{
    internal static readonly AssembledPayload Empty = new([], 0);

    internal AssembledPayload(IReadOnlyList<ReadOnlyMemory<byte>> parts, long lengthBytes)
    {
        Parts = parts;
        LengthBytes = lengthBytes;
    }

    /// <summary>The parts in order; none of them is empty.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Parts { get; }

    /// <summary>Length of all parts together.</summary>
    public long LengthBytes { get; }

    /// <summary>The payload in one piece: without a copy if it came in one.</summary>
    /// <exception cref="OutOfMemoryException">The payload is longer than an array can be.</exception>
    public ReadOnlyMemory<byte> ToMemory()
    {
        switch (Parts.Count)
        {
            case 0:
                return default;
            case 1:
                return Parts[0];
            default:
                byte[] whole = new byte[LengthBytes];
                int position = 0;
                foreach (ReadOnlyMemory<byte> part in Parts)
                {
                    part.CopyTo(whole.AsMemory(position));
                    position += part.Length;
                }

                return whole;
        }
    }

    /// <summary>The payload as a sequence over its parts, without a copy.</summary>
    public ReadOnlySequence<byte> ToSequence() => Internal.MemorySegment.Join(Parts);
}
