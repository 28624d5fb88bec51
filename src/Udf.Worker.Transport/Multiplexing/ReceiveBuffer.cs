using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>Bytes of a multiplexed connection between the carrier and its frames: one receive may bring many of them. Not thread safe.</summary>
internal sealed class ReceiveBuffer
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(2 * StreamFrameParser.MaxFrameBytes);
    private int _count;

    internal bool IsEmpty => _count == 0;

    /// <summary>Where the next bytes go; never empty, because whole frames do not stay.</summary>
    internal Memory<byte> Free => _bytes.AsMemory(_count);

    internal ReadOnlySpan<byte> Received => _bytes.AsSpan(0, _count);

    internal void Commit(int count) => _count += count;

    /// <summary>Keeps the last bytes, of a frame that is not whole.</summary>
    internal void Keep(int count)
    {
        if (count > 0 && count < _count)
        {
            _bytes.AsSpan(_count - count, count).CopyTo(_bytes);
        }

        _count = count;
    }

    /// <summary>What the end of the stream means here; <see langword="null"/> between two frames.</summary>
    internal FrameFault? EndOfStream() => _count == 0 ? null : new FrameFault($"the stream ended inside a frame, after {_count} bytes of it");
}
