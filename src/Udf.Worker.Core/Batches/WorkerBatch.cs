using System.Buffers;

namespace Udf.Worker;

/// <summary>
/// One batch that a worker has sent. Its memory is on loan: valid until the next batch is asked for or the enumeration ends, and using the batch after that throws.
/// </summary>
/// <remarks>
/// A value of one word and a number: copying it copies the loan, not the bytes. It belongs to the one consumer of the stream and is not thread safe.
/// To keep the bytes, copy them or take the memory over with <see cref="Detach"/>.
/// </remarks>
public readonly struct WorkerBatch
{
    private readonly WorkerBatchSlot? _slot;
    private readonly long _turn;

    internal WorkerBatch(WorkerBatchSlot slot, long turn)
    {
        _slot = slot;
        _turn = turn;
    }

    /// <summary>The bytes of the batch; may be empty, if the data format has empty batches.</summary>
    /// <exception cref="ObjectDisposedException">The next batch has been asked for, the enumeration has ended, or the batch was detached.</exception>
    /// <exception cref="InvalidOperationException">The value is <see langword="default"/>.</exception>
    public ReadOnlyMemory<byte> Memory => Slot.GetMemory(_turn);

    /// <summary>The bytes of the batch as a span.</summary>
    /// <inheritdoc cref="Memory" path="/exception"/>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>The number of bytes.</summary>
    /// <inheritdoc cref="Memory" path="/exception"/>
    public int Length => Memory.Length;

    private WorkerBatchSlot Slot => _slot ?? throw new InvalidOperationException($"This {nameof(WorkerBatch)} is default: it did not come from a session.");

    /// <summary>Hands the memory over to the caller, who disposes the owner when done with it. The batch itself cannot be used after that.</summary>
    /// <returns>The owner of exactly the bytes of the batch.</returns>
    /// <inheritdoc cref="Memory" path="/exception"/>
    public IMemoryOwner<byte> Detach() => Slot.Detach(_turn);

    /// <summary>Copies the bytes into a new array.</summary>
    /// <inheritdoc cref="Memory" path="/exception"/>
    public byte[] ToArray() => Memory.ToArray();

    /// <summary>Ends the loan if this batch is still the current one of its slot; a default value has none.</summary>
    internal void EndLoan() => _slot?.Retire(_turn);
}
