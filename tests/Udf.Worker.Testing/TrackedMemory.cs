using System.Buffers;

namespace Udf.Worker.Testing;

/// <summary>Memory of a batch that knows how often it was given back.</summary>
public sealed class TrackedMemory(params byte[] bytes) : IMemoryOwner<byte>
{
    private int _disposeCount;

    public int DisposeCount => Volatile.Read(ref _disposeCount);

    public Memory<byte> Memory => DisposeCount == 0 ? bytes : throw new ObjectDisposedException(nameof(TrackedMemory));

    public void Dispose() => Interlocked.Increment(ref _disposeCount);
}
