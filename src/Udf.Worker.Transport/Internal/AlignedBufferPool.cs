using System.Numerics;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Keeps aligned buffers for reuse, by powers of two. What it keeps is bounded: <see cref="KeptBytesPerSize"/> for each size, nothing above <see cref="LargestKeptBytes"/>.
/// Thread safe.
/// </summary>
internal sealed class AlignedBufferPool
{
    private const int SmallestBytes = 512;
    private const int LargestKeptBytes = 16 * 1024 * 1024;
    private const int KeptBytesPerSize = 32 * 1024 * 1024;

    // One for each of the many small executions that share a connection: all of them may be between two batches at the same time.
    private const int MostKeptPerSize = 1024;

    private readonly Shelf[] _shelves;

    internal AlignedBufferPool()
    {
        _shelves = new Shelf[IndexOf(LargestKeptBytes) + 1];
        for (int index = 0; index < _shelves.Length; index++)
        {
            _shelves[index] = new Shelf(Math.Min(MostKeptPerSize, KeptBytesPerSize / (SmallestBytes << index)));
        }
    }

    /// <summary>The pool of the process.</summary>
    internal static AlignedBufferPool Shared { get; } = new();

    internal AlignedBuffer Rent(int length)
    {
        AlignedBuffer buffer;
        if (length > LargestKeptBytes)
        {
            buffer = new AlignedBuffer(pool: null, length);
        }
        else
        {
            int index = IndexOf(length);
            buffer = _shelves[index].TryTake() ?? new AlignedBuffer(this, SmallestBytes << index);
        }

        buffer.Resize(length);
        return buffer;
    }

    internal void Return(AlignedBuffer buffer) => _shelves[IndexOf(buffer.Capacity)].Put(buffer);

    private static int IndexOf(int length) =>
        length <= SmallestBytes ? 0 : BitOperations.Log2((uint)(length - 1)) + 1 - BitOperations.Log2(SmallestBytes);

    private sealed class Shelf(int capacity)
    {
        private readonly Lock _gate = new();
        private readonly AlignedBuffer?[] _buffers = new AlignedBuffer?[capacity];

        // Guarded by _gate.
        private int _count;

        internal AlignedBuffer? TryTake()
        {
            lock (_gate)
            {
                if (_count == 0)
                {
                    return null;
                }

                AlignedBuffer? buffer = _buffers[--_count];
                _buffers[_count] = null;
                return buffer;
            }
        }

        internal void Put(AlignedBuffer buffer)
        {
            lock (_gate)
            {
                if (_count < _buffers.Length)
                {
                    _buffers[_count++] = buffer;
                }
            }
        }
    }
}
