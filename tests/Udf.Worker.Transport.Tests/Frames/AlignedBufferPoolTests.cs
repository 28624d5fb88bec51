using System.Runtime.InteropServices;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Frames;

public class AlignedBufferPoolTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(65536)]
    [InlineData(1_000_003)]
    [InlineData(16 * 1024 * 1024)]
    [InlineData((16 * 1024 * 1024) + 1)]
    public void Rent_AnyLength_HasExactlyThatLengthAndIsAligned(int length)
    {
        var pool = new AlignedBufferPool();

        using AlignedBuffer buffer = pool.Rent(length);

        Assert.Equal(length, buffer.Memory.Length);
        Assert.True(IsAligned(buffer));
    }

    [Fact]
    public void Rent_AfterReturn_GivesTheSameBufferToAnyLengthOfItsSize()
    {
        var pool = new AlignedBufferPool();
        AlignedBuffer first = pool.Rent(513);
        first.Dispose();

        AlignedBuffer second = pool.Rent(1024);

        Assert.Same(first, second);
        Assert.Equal(1024, second.Memory.Length);
    }

    [Theory]
    [InlineData(100, 1024)] // By count.
    [InlineData(1024 * 1024, 32)] // By bytes: 32 MiB.
    [InlineData(16 * 1024 * 1024, 2)]
    [InlineData((16 * 1024 * 1024) + 1, 0)] // Too large to keep.
    public void Return_MoreThanTheBound_KeepsTheBound(int length, int kept)
    {
        var pool = new AlignedBufferPool();
        AlignedBuffer[] rented = [.. Enumerable.Range(0, kept + 3).Select(_ => pool.Rent(length))];
        foreach (AlignedBuffer buffer in rented)
        {
            buffer.Dispose();
        }

        HashSet<AlignedBuffer> known = [.. rented];
        int reused = Enumerable.Range(0, kept + 3).Count(_ => known.Contains(pool.Rent(length)));

        Assert.Equal(kept, reused);
    }

    [Fact]
    public async Task RentAndReturn_ByManyThreads_NeverGivesOneBufferToTwo()
    {
        var pool = new AlignedBufferPool();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int round = 0; round < 2000; round++)
            {
                using AlignedBuffer buffer = pool.Rent(64);
                buffer.Memory.Span.Fill((byte)worker);
                Thread.SpinWait(20);
                Assert.Equal(-1, buffer.Memory.Span.IndexOfAnyExcept((byte)worker));
            }
        })));
    }

    private static bool IsAligned(AlignedBuffer buffer) =>
        buffer.Length == 0 || Marshal.UnsafeAddrOfPinnedArrayElement(ArrayOf(buffer, out int offset), offset) % AlignedBuffer.Alignment == 0;

    private static byte[] ArrayOf(AlignedBuffer buffer, out int offset)
    {
        Assert.True(MemoryMarshal.TryGetArray(buffer.Memory, out ArraySegment<byte> segment));
        offset = segment.Offset;
        return segment.Array!;
    }
}
