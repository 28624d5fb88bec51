using System.Buffers;

namespace Udf.Worker.Internal;

/// <summary>
/// The memory of a batch that its consumer took over. Stands between the consumer and the pool that the memory goes back to: disposed twice it goes back once, and it cannot be used after that.
/// </summary>
/// <param name="owner">The memory as the transport holds it.</param>
internal sealed class DetachedBatchMemory(IMemoryOwner<byte> owner) : IMemoryOwner<byte>
{
    private IMemoryOwner<byte>? _owner = owner;

    public Memory<byte> Memory =>
        Volatile.Read(ref _owner)?.Memory ?? throw new ObjectDisposedException(nameof(WorkerBatch), "The detached memory of a batch was disposed: it may hold another batch by now.");

    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Dispose();
}
