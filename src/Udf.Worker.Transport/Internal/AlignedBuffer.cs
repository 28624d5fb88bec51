using System.Buffers;
using System.Runtime.InteropServices;

namespace Udf.Worker.Transport.Internal;

/// <summary>Memory of an exact length that begins at a multiple of 64 bytes, as vectorised readers of columnar formats want it. Goes back to its pool when disposed.</summary>
internal sealed class AlignedBuffer : IMemoryOwner<byte>
{
    internal const int Alignment = 64;

    private readonly AlignedBufferPool? _pool;
    private readonly byte[] _array;
    private readonly int _offset;
    private int _length;

    /// <param name="pool">Where it goes when it is disposed; <see langword="null"/> for none.</param>
    /// <param name="capacity">How much it can hold.</param>
    internal AlignedBuffer(AlignedBufferPool? pool, int capacity)
    {
        _pool = pool;
        Capacity = capacity;
        // On the pinned heap, so that the address that was aligned stays so.
        _array = GC.AllocateUninitializedArray<byte>(checked(capacity + Alignment - 1), pinned: true);
        _offset = OffsetToAlignment(_array);
    }

    internal int Capacity { get; }

    internal int Length => _length;

    public Memory<byte> Memory => new(_array, _offset, _length);

    /// <summary>Takes the buffer into use for so many bytes.</summary>
    internal void Resize(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Capacity);
        _length = length;
    }

    public void Dispose() => _pool?.Return(this);

    private static int OffsetToAlignment(byte[] array)
    {
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        return (int)((Alignment - (address % Alignment)) % Alignment);
    }
}
