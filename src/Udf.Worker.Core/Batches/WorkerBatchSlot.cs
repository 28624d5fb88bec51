using System.Buffers;
using Udf.Worker.Internal;

namespace Udf.Worker;

/// <summary>
/// The place from which an implementation of <see cref="WorkerSession"/> lends out its batches, one at a time: it holds the memory of the current one, and knows which one is current.
/// One slot serves a whole session, so lending allocates nothing.
/// </summary>
/// <remarks>
/// Not thread safe: the producer of the stream publishes when it is asked for a batch, its one consumer reads between that, never at the same time.
/// The session ends a loan itself when the next batch is asked for and when the enumeration is disposed; a producer may do so earlier.
/// </remarks>
public sealed class WorkerBatchSlot
{
    private IMemoryOwner<byte>? _owner;
    private long _turn;

    /// <summary>Ends the loan of the current batch, and lends out a new one.</summary>
    /// <param name="owner">The memory of the batch: exactly its bytes. Disposed when the loan ends, unless the consumer detached it.</param>
    /// <returns>The batch to hand to the consumer.</returns>
    public WorkerBatch Publish(IMemoryOwner<byte> owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        Retire();
        _owner = owner;
        return new WorkerBatch(this, _turn);
    }

    /// <summary>Ends the loan of the current batch, if there is one.</summary>
    public void Retire()
    {
        _turn++;
        IMemoryOwner<byte>? owner = _owner;
        _owner = null;
        owner?.Dispose();
    }

    internal void Retire(long turn)
    {
        if (turn == _turn)
        {
            Retire();
        }
    }

    internal ReadOnlyMemory<byte> GetMemory(long turn) => Current(turn).Memory;

    internal IMemoryOwner<byte> Detach(long turn)
    {
        IMemoryOwner<byte> owner = Current(turn);
        _owner = null;
        return new DetachedBatchMemory(owner);
    }

    private IMemoryOwner<byte> Current(long turn)
    {
        IMemoryOwner<byte>? owner = _owner;
        if (turn != _turn || owner is null)
        {
            throw new ObjectDisposedException(
                nameof(WorkerBatch),
                "The memory of a batch is valid until the next batch is asked for or the enumeration ends, and this batch's time is over. Copy what is needed longer, or take the memory over with Detach().");
        }

        return owner;
    }
}
