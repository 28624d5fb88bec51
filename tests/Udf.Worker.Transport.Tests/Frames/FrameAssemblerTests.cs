using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Frames;

public class FrameAssemblerTests
{
    private static readonly FrameLimit Limit = new(1024 * 1024, "MaxFrameBytes");

    /// <summary>One frame of each kind that there is, with what its reader gets of it.</summary>
    public static TheoryData<string> Kinds => [.. Frames().Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TryTake_SplitAtEveryPosition_GivesTheSameFrame(string kind)
    {
        (byte[] bytes, bool isData, byte[] expected) = Frames()[kind];
        for (int split = 0; split <= bytes.Length; split++)
        {
            using FrameAssembler assembler = Create();

            List<(bool IsData, byte[] Bytes)> taken = Feed(assembler, bytes[..split], bytes[split..]);

            (bool tookData, byte[] tookBytes) = Assert.Single(taken);
            Assert.Equal(isData, tookData);
            Assert.Equal(expected, tookBytes);
            Assert.False(assembler.IsInsideFrame);
            Assert.Equal(FrameKind.End, assembler.EndOfStream().Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TryTake_ByteByByteBehindAnother_GivesBoth(string kind)
    {
        (byte[] bytes, bool isData, byte[] expected) = Frames()[kind];
        byte[] all = [.. bytes, .. bytes];
        using FrameAssembler assembler = Create();

        List<(bool IsData, byte[] Bytes)> taken = Feed(assembler, [.. all.Select(value => new[] { value })]);

        Assert.Equal(2, taken.Count);
        Assert.All(taken, frame => Assert.Equal((isData, Convert.ToHexString(expected)), (frame.IsData, Convert.ToHexString(frame.Bytes))));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EndOfStream_InsideAFrame_IsTorn(string kind)
    {
        byte[] bytes = Frames()[kind].Bytes;
        for (int split = 1; split < bytes.Length; split++)
        {
            using FrameAssembler assembler = Create();
            Feed(assembler, bytes[..split]);

            ReceivedFrame end = assembler.EndOfStream();

            Assert.Equal(FrameKind.Broken, end.Kind);
            Assert.Contains("the stream ended inside a frame", end.Fault!.Message, StringComparison.Ordinal);
            Assert.Null(end.Fault.Refused);
        }
    }

    [Fact]
    public void TryTake_ManySmallFramesInOneReceive_GivesAllInOrder()
    {
        byte[] bytes = [.. Enumerable.Range(0, 300).SelectMany(index => Wire.Batch(Wire.Pattern(index % 50, index)))];
        using FrameAssembler assembler = Create();

        List<(bool IsData, byte[] Bytes)> taken = Feed(assembler, bytes);

        Assert.Equal(300, taken.Count);
        Assert.All(taken.Select((frame, index) => (frame, index)), item => Assert.Equal(Wire.Pattern(item.index % 50, item.index), item.frame.Bytes));
    }

    [Fact]
    public void TryTake_WindowFilledToItsEndAgainAndAgain_LosesNothing()
    {
        byte[] bytes = [.. Enumerable.Range(0, 400).SelectMany(index => Wire.Batch(Wire.Pattern(1 + (index * 7 % 1999), index)))];
        for (int step = FrameAssembler.WindowBytes - 3; step <= FrameAssembler.WindowBytes + 3; step++)
        {
            using FrameAssembler assembler = Create();

            List<(bool IsData, byte[] Bytes)> taken = Feed(assembler, [.. bytes.Chunk(step)]);

            Assert.Equal(400, taken.Count);
            Assert.Equal(bytes, taken.SelectMany(frame => Wire.Batch(frame.Bytes)));
        }
    }

    [Fact]
    public void Free_InsideALargePayload_IsThePayloadsOwnBuffer()
    {
        byte[] payload = Wire.Pattern(500_000);
        byte[] bytes = Wire.Batch(payload);
        using FrameAssembler assembler = Create();
        bytes.AsSpan(0, 1000).CopyTo(assembler.Free.Span);
        assembler.Commit(1000);
        Assert.False(assembler.TryTake(out _));

        Memory<byte> free = assembler.Free;
        Assert.Equal(bytes.Length - 1000, free.Length);
        bytes.AsSpan(1000).CopyTo(free.Span);
        assembler.Commit(free.Length);

        Assert.True(assembler.TryTake(out ReceivedFrame frame));
        using AlignedBuffer buffer = frame.Buffer!;
        Assert.Equal(payload, buffer.Memory.ToArray());
        Assert.True(free.Span.Overlaps(buffer.Memory.Span));
    }

    [Fact]
    public void TryTake_LongerThanTheLimit_IsRefusedFromTheHeaderAlone()
    {
        using FrameAssembler assembler = Create();
        byte[] header = new byte[FrameHeader.SizeBytes];
        new FrameHeader(int.MaxValue).Write(header);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Feed(assembler, header[..4]);
        header.AsSpan(4).CopyTo(assembler.Free.Span);
        assembler.Commit(1);
        bool taken = assembler.TryTake(out ReceivedFrame frame);

        Assert.True(taken);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
        Assert.Equal(FrameErrorKind.TooLong, frame.Fault!.Refused!.Kind);
        Assert.Contains("2147483647", frame.Fault.Message, StringComparison.Ordinal);
        Assert.Contains("1048576", frame.Fault.Message, StringComparison.Ordinal);
        Assert.Contains("MaxFrameBytes", frame.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryTake_AtTheLimit_IsTaken()
    {
        using FrameAssembler assembler = Create();
        byte[] message = new byte[Limit.MaxFrameBytes];

        Assert.Equal(message.Length, Assert.Single(Feed(assembler, Wire.Frame(message))).Bytes.Length);
    }

    [Fact]
    public void TryTake_BadFlag_IsRefusedForGood()
    {
        using FrameAssembler assembler = Create();
        byte[] bytes = [1, 0, 0, 0, 1, 9];
        bytes.CopyTo(assembler.Free);
        assembler.Commit(bytes.Length);

        Assert.True(assembler.TryTake(out ReceivedFrame first));
        Assert.True(assembler.TryTake(out ReceivedFrame second));

        Assert.Equal(FrameErrorKind.FlagNotZero, first.Fault!.Refused!.Kind);
        Assert.Same(first.Fault, second.Fault);
        Assert.Same(first.Fault, assembler.EndOfStream().Fault);
    }

    public static TheoryData<string> Sequels => [.. Frames().Keys, "payload of the same length", "longer payload", "shorter payload", "payload of the same length in its shortest form"];

    [Theory]
    [MemberData(nameof(Sequels))]
    public void TryTake_SplitAnywhereBehindPayloadsOfOneLength_GivesTheSameFrames(string kind)
    {
        const int Length = ExpectedPayload.LeastBytes;
        (byte[] bytes, byte[] expected) = kind switch
        {
            "payload of the same length" => (Wire.Batch(Wire.Pattern(Length, 9)), Wire.Pattern(Length, 9)),
            "longer payload" => (Wire.Batch(Wire.Pattern(Length * 3, 9)), Wire.Pattern(Length * 3, 9)),
            "shorter payload" => (Wire.Batch(Wire.Pattern(Length - 1, 9)), Wire.Pattern(Length - 1, 9)),
            "payload of the same length in its shortest form" =>
                (Wire.Frame(new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFrom(Wire.Pattern(Length, 9)) } }.ToByteArray()), Wire.Pattern(Length, 9)),
            _ => (Frames()[kind].Bytes, Frames()[kind].Payload),
        };
        byte[] alike = Wire.Pattern(Length, 3);
        byte[] all = [.. bytes, .. Wire.Batch(alike), .. bytes];
        for (int split = 0; split <= all.Length; split += split is < 40 or > 3 * Length ? 1 : 61)
        {
            using FrameAssembler assembler = new(Limit, new AlignedBufferPool(), receivesAhead: true);
            Feed(assembler, Wire.Batch(alike), Wire.Batch(alike));
            Assert.False(assembler.Ahead.IsEmpty);
            Assert.False(assembler.IsInsideFrame);

            List<(bool IsData, byte[] Bytes)> taken = Feed(assembler, all[..split], all[split..]);

            Assert.Equal(3, taken.Count);
            Assert.True(expected.AsSpan().SequenceEqual(taken[0].Bytes));
            Assert.True(alike.AsSpan().SequenceEqual(taken[1].Bytes));
            Assert.True(expected.AsSpan().SequenceEqual(taken[2].Bytes));
            Assert.Equal(FrameKind.End, assembler.EndOfStream().Kind);
        }
    }

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(1_000_000)]
    public void Ahead_PayloadsOfOneLength_AreReceivedIntoTheirOwnBuffers(int length)
    {
        using FrameAssembler assembler = new(Limit, new AlignedBufferPool(), receivesAhead: true);
        Feed(assembler, Wire.Batch(Wire.Pattern(length)), Wire.Batch(Wire.Pattern(length)));
        Memory<byte> ahead = assembler.Ahead;
        byte[] bytes = Wire.Batch(Wire.Pattern(length, 7));
        Assert.Equal(DataMessage.FramePrefixBytes, assembler.Free.Length);
        int count = assembler.Free.Length + ahead.Length;
        bytes.AsSpan(0, assembler.Free.Length).CopyTo(assembler.Free.Span);
        bytes.AsSpan(assembler.Free.Length, ahead.Length).CopyTo(ahead.Span);
        assembler.Commit(count);
        ReceivedFrame frame;
        while (!assembler.TryTake(out frame))
        {
            bytes.AsSpan(count).CopyTo(assembler.Free.Span);
            assembler.Commit(bytes.Length - count);
        }

        using AlignedBuffer buffer = frame.Buffer!;
        Assert.True(ahead.Span.Overlaps(buffer.Memory.Span));
        Assert.True(Wire.Pattern(length, 7).AsSpan().SequenceEqual(buffer.Memory.Span));
    }

    [Fact]
    public void Ahead_StreamEndsInsideAnExpectedFrame_IsTorn()
    {
        const int Length = ExpectedPayload.LeastBytes;
        byte[] bytes = Wire.Batch(Wire.Pattern(Length));
        for (int split = 1; split < bytes.Length; split++)
        {
            using FrameAssembler assembler = new(Limit, new AlignedBufferPool(), receivesAhead: true);
            Feed(assembler, bytes, bytes, bytes[..split]);

            Assert.Equal(FrameKind.Broken, assembler.EndOfStream().Kind);
        }
    }

    private static FrameAssembler Create() => new(Limit, new AlignedBufferPool());

    private static Dictionary<string, (byte[] Bytes, bool IsData, byte[] Payload)> Frames()
    {
        byte[] payload = Wire.Pattern(40);
        byte[] control = new UdfResponse { Control = new UdfControlResponse { Finish = new FinishResponse { Data = ByteString.CopyFrom(payload) } } }.ToByteArray();
        byte[] minimal = new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFrom(payload) } }.ToByteArray();
        byte[] empty = new UdfResponse { Data = new DataResponse() }.ToByteArray();

        // The payload twice, of which the last counts; and a field that nobody knows behind it.
        byte[] twice = [0x12, 6, 0x0A, 1, 7, 0x0A, 1, 8];
        byte[] unknown = [0x12, 3, 0x0A, 1, 7, 0x78, 1];
        return new()
        {
            ["batch"] = (Wire.Batch(payload), true, payload),
            ["empty batch"] = (Wire.Batch([]), true, []),
            ["batch with shortest lengths"] = (Wire.Frame(minimal), true, payload),
            ["batch without its payload"] = (Wire.Frame(empty), true, []),
            ["batch with its payload twice"] = (Wire.Frame(twice), false, twice),
            ["batch with an unknown field"] = (Wire.Frame(unknown), false, unknown),
            ["control"] = (Wire.Frame(control), false, control),
            ["empty message"] = (Wire.Frame([]), false, []),
            ["nonsense"] = (Wire.Frame([0xFF, 0xFF, 0xFF]), false, [0xFF, 0xFF, 0xFF]),
        };
    }

    private static List<(bool IsData, byte[] Bytes)> Feed(FrameAssembler assembler, params byte[][] pieces)
    {
        List<(bool, byte[])> taken = [];
        foreach (byte[] piece in pieces)
        {
            ReadOnlyMemory<byte> rest = piece;
            while (true)
            {
                while (assembler.TryTake(out ReceivedFrame frame))
                {
                    using AlignedBuffer buffer = Assert.IsType<AlignedBuffer>(frame.Buffer);
                    taken.Add((frame.Kind == FrameKind.Data, buffer.Memory.ToArray()));
                }

                if (rest.IsEmpty)
                {
                    break;
                }

                Assert.False(assembler.Free.IsEmpty);
                int first = Math.Min(rest.Length, assembler.Free.Length);
                int second = Math.Min(rest.Length - first, assembler.Ahead.Length);
                rest[..first].CopyTo(assembler.Free);
                rest.Slice(first, second).CopyTo(assembler.Ahead);
                assembler.Commit(first + second);
                rest = rest[(first + second)..];
            }
        }

        return taken;
    }
}
