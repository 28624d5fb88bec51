using System.Buffers;
using Udf.Worker.Testing;

namespace Udf.Worker.Core.Tests.Batches;

public class WorkerBatchTests
{
    private readonly WorkerBatchSlot _slot = new();

    [Fact]
    public void Publish_GivesExactlyTheBytes()
    {
        WorkerBatch batch = _slot.Publish(new TrackedMemory(1, 2, 3));

        Assert.Equal([1, 2, 3], batch.ToArray());
        Assert.Equal([1, 2, 3], batch.Span.ToArray());
        Assert.Equal(3, batch.Memory.Length);
        Assert.Equal(3, batch.Length);
    }

    [Fact]
    public void Publish_Empty_IsABatch() => Assert.Equal(0, _slot.Publish(new TrackedMemory()).Length);

    [Fact]
    public void Publish_Null_ThrowsAndKeepsTheLoan()
    {
        WorkerBatch batch = _slot.Publish(new TrackedMemory(1));

        Assert.Throws<ArgumentNullException>(() => _slot.Publish(null!));

        Assert.Equal(1, batch.Length);
    }

    [Fact]
    [Failure("a batch used after its time")]
    public void Publish_Next_EndsTheLoanBefore()
    {
        var memory = new TrackedMemory(1);
        WorkerBatch first = _slot.Publish(memory);
        WorkerBatch copy = first;

        WorkerBatch second = _slot.Publish(new TrackedMemory(2));

        Assert.Equal(1, memory.DisposeCount);
        AssertOver(first);
        AssertOver(copy);
        Assert.Equal([2], second.ToArray());
    }

    [Fact]
    public void Retire_Twice_GivesBackOnce()
    {
        var memory = new TrackedMemory(1);
        WorkerBatch batch = _slot.Publish(memory);

        _slot.Retire();
        _slot.Retire();

        Assert.Equal(1, memory.DisposeCount);
        AssertOver(batch);
    }

    [Fact]
    public void Retire_NothingLent_DoesNothing() => Assert.Null(Record.Exception(_slot.Retire));

    [Fact]
    public void Detach_HandsTheMemoryOver()
    {
        var memory = new TrackedMemory(1, 2);
        WorkerBatch batch = _slot.Publish(memory);

        IMemoryOwner<byte> owner = batch.Detach();
        _slot.Publish(new TrackedMemory(3));
        _slot.Retire();

        Assert.Equal(0, memory.DisposeCount);
        Assert.Equal([1, 2], owner.Memory.ToArray());
        AssertOver(batch);
    }

    [Fact]
    public void Detach_DisposedTwice_GivesTheMemoryBackOnce()
    {
        var memory = new TrackedMemory(1, 2);
        IMemoryOwner<byte> owner = _slot.Publish(memory).Detach();

        owner.Dispose();
        owner.Dispose();

        Assert.Equal(1, memory.DisposeCount);
        Assert.Throws<ObjectDisposedException>(() => owner.Memory);
    }

    [Fact]
    public void EndLoan_OfAnOldBatch_LeavesTheCurrentOne()
    {
        WorkerBatch first = _slot.Publish(new TrackedMemory(1));
        WorkerBatch second = _slot.Publish(new TrackedMemory(2));

        first.EndLoan();
        Assert.Equal([2], second.ToArray());

        second.EndLoan();
        AssertOver(second);
    }

    [Fact]
    public void Default_CannotBeUsed()
    {
        WorkerBatch batch = default;

        Assert.Throws<InvalidOperationException>(() => batch.Memory);
        Assert.Throws<InvalidOperationException>(() => batch.Length);
        Assert.Throws<InvalidOperationException>(() => batch.Span.Length);
        Assert.Throws<InvalidOperationException>(() => batch.ToArray());
        Assert.Throws<InvalidOperationException>(() => batch.Detach());
        Assert.Null(Record.Exception(batch.EndLoan));
    }

    [Fact]
    public void Slot_WarmedUp_LendsWithoutAllocating()
    {
        var memory = new Undisposable();
        LendAndRead(memory);
        int read = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int turn = 0; turn < 1_000; turn++)
        {
            read += LendAndRead(memory);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(3_000, read);
    }

    private int LendAndRead(IMemoryOwner<byte> memory)
    {
        WorkerBatch batch = _slot.Publish(memory);
        int length = batch.Length;
        batch.EndLoan();
        return length;
    }

    /// <summary>Memory that can be lent again and again, so that a test of the slot counts nothing else.</summary>
    private sealed class Undisposable : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = new byte[3];

        public void Dispose()
        {
        }
    }

    private static void AssertOver(WorkerBatch batch)
    {
        Assert.Throws<ObjectDisposedException>(() => batch.Memory);
        Assert.Throws<ObjectDisposedException>(() => batch.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => batch.Length);
        Assert.Throws<ObjectDisposedException>(() => batch.ToArray());
        Assert.Throws<ObjectDisposedException>(() => batch.Detach());
    }
}
