using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Protocol.Tests.Executions;

namespace Udf.Worker.Protocol.Tests.Multiplexing;

/// <summary>The two sides of one direction of a stream.</summary>
public class StreamWindowTests
{
    private static readonly FrameLimit Limit = new(1024 * 1024, "MaxTestBytes");

    [Fact]
    public void Sending_WindowAboveZero_MayEndBelow()
    {
        var sending = new StreamSending(windowBytes: 10);

        Assert.True(sending.TryTakeFrame(100_000, costs: true, out StreamFrameKind kind, out int bytes));
        Assert.Equal((StreamFrameKind.Part, 65_536), (kind, bytes));
        Assert.Equal(10 - 65_536, sending.WindowBytes);
        Assert.True(sending.IsInsideMessage);
        Assert.False(sending.TryTakeFrame(34_464, costs: true, out _, out _));
        Assert.True(sending.IsInsideMessage);

        Assert.Null(sending.Grant(1, 65_526));
        Assert.False(sending.MaySend(costs: true));
        Assert.Null(sending.Grant(1, 1));
        Assert.True(sending.TryTakeFrame(34_464, costs: true, out kind, out bytes));
        Assert.Equal((StreamFrameKind.Message, 34_464), (kind, bytes));
        Assert.False(sending.IsInsideMessage);
    }

    [Fact]
    public void Sending_WhatCostsNothing_GoesOutWithoutWindow()
    {
        var sending = new StreamSending(windowBytes: 0);

        Assert.True(sending.TryTakeFrame(0, costs: false, out StreamFrameKind kind, out int bytes));
        Assert.Equal((StreamFrameKind.Message, 0), (kind, bytes));
        Assert.True(sending.TryTakeFrame(65_537, costs: false, out kind, out bytes));
        Assert.Equal((StreamFrameKind.Part, 65_536), (kind, bytes));
        Assert.Equal(0, sending.WindowBytes);
        Assert.False(sending.TryTakeFrame(1, costs: true, out _, out _));
    }

    [Theory]
    [InlineData(1L << 31, 0, true)]
    [InlineData(1L << 31, 1, false)]
    [InlineData(0, 1L << 31, true)]
    [InlineData(1, uint.MaxValue, false)]
    public void Sending_WindowBeyondTwoToThe31_BreaksTheConnection(long before, long bytes, bool isTaken)
    {
        var sending = new StreamSending(before);

        MultiplexError? error = sending.Grant(3, bytes);

        Assert.Equal(isTaken, error is null);
        Assert.Equal(isTaken ? before + bytes : before, sending.WindowBytes);
        Assert.True(isTaken || error!.Kind == MultiplexErrorKind.WindowTooLarge);
    }

    [Fact]
    public void Receiving_HalfOfTheWindowConsumed_IsGivenBack()
    {
        StreamReceiving receiving = Opened(StreamDirection.Responses);
        byte[] batch = Batch(60_000 - 10);

        Assert.True(receiving.TryAccept(StreamFrameKind.Message, batch, out ReceivedPart part, out _));
        Assert.Equal(new ReceivedPart(batch.Length, IsFirst: true, IsLast: true, IsCancellation: false, IsOverLimit: false), part);
        Assert.Equal(0u, receiving.Consumed(batch.Length, part.CostBytes));
        Assert.Equal(0u, receiving.Consumed(batch.Length, part.CostBytes));
        Assert.Equal(3u * (uint)batch.Length, receiving.Consumed(batch.Length, part.CostBytes));
        Assert.Equal(0u, receiving.Consumed(batch.Length, part.CostBytes));
    }

    [Fact]
    public void Receiving_NothingConsumed_TheSenderIsStoppedByItsWindow()
    {
        StreamReceiving receiving = Opened(StreamDirection.Responses);
        byte[] batch = Batch(65_526);
        int taken = 0;

        MultiplexError? error;
        while (receiving.TryAccept(StreamFrameKind.Message, batch, out _, out error))
        {
            taken += batch.Length;
        }

        Assert.InRange(taken, StreamSending.DefaultWindowBytes, StreamSending.DefaultWindowBytes + 65_536);
        Assert.Equal(MultiplexErrorKind.WindowExceeded, error.Kind);
    }

    [Fact]
    public void Receiving_EndlessControlMessages_BreakTheConnection()
    {
        StreamReceiving receiving = Opened(StreamDirection.Responses);
        byte[] finish = new UdfResponse { Control = new UdfControlResponse { Finish = new FinishResponse() } }.ToByteArray();
        long taken = 0;

        MultiplexError? error;
        while (receiving.TryAccept(StreamFrameKind.Message, finish, out ReceivedPart part, out error))
        {
            Assert.Equal(0, part.CostBytes);
            taken += finish.Length;
        }

        Assert.Equal(MultiplexErrorKind.WindowExceeded, error.Kind);
        Assert.InRange(taken, 1, Limit.MaxFrameBytes + StreamSending.DefaultWindowBytes);
    }

    [Fact]
    public void Receiving_ControlMessagesThatAreConsumed_NeverRunOut()
    {
        StreamReceiving receiving = Opened(StreamDirection.Responses);
        byte[] answer = new UdfResponse { Control = new UdfControlResponse { Init = new InitResponse { Data = ByteString.CopyFrom(new byte[60_000]) } } }.ToByteArray();

        for (int round = 0; round < 1000; round++)
        {
            Assert.True(receiving.TryAccept(StreamFrameKind.Message, answer, out ReceivedPart part, out _));
            Assert.Equal(0u, receiving.Consumed(answer.Length, part.CostBytes));
        }
    }

    [Fact]
    public void Receiving_EverySplitOfAMessageIntoThreeParts_CostsTheSame()
    {
        foreach ((byte[] message, StreamDirection direction, int cost) in new[]
        {
            (Batch(30), StreamDirection.Responses, Batch(30).Length),
            (Requests.Init().ToByteArray(), StreamDirection.Requests, Requests.Init().CalculateSize()),
            (new UdfResponse { Control = new UdfControlResponse { Init = new InitResponse { Data = ByteString.CopyFromUtf8("some data") } } }.ToByteArray(), StreamDirection.Responses, 0),
        })
        {
            for (int first = 0; first <= message.Length; first++)
            {
                for (int second = first; second <= message.Length; second++)
                {
                    var receiving = new StreamReceiving(direction, Limit);
                    Assert.True(receiving.TryAccept(StreamFrameKind.Part, message.AsSpan(0, first), out ReceivedPart one, out _));
                    Assert.True(receiving.TryAccept(StreamFrameKind.Part, message.AsSpan(first..second), out ReceivedPart two, out _));
                    Assert.True(receiving.TryAccept(StreamFrameKind.Message, message.AsSpan(second), out ReceivedPart three, out _));
                    Assert.Equal(cost, one.CostBytes + two.CostBytes + three.CostBytes);
                    Assert.Equal((true, false, false), (one.IsFirst, two.IsFirst, three.IsFirst));
                    Assert.Equal((false, false, true), (one.IsLast, two.IsLast, three.IsLast));
                    Assert.False(receiving.IsInsideMessage);
                }
            }
        }
    }

    [Fact]
    public void Receiving_PartLeftUnfinishedByAnotherMessage_BreaksTheConnection()
    {
        StreamReceiving receiving = Opened(StreamDirection.Requests);
        byte[] batch = new UdfRequest { Data = new DataRequest { Data = ByteString.CopyFrom(new byte[1000]) } }.ToByteArray();
        Assert.True(receiving.TryAccept(StreamFrameKind.Part, batch.AsSpan(0, 500), out _, out _));

        Assert.False(receiving.TryAccept(StreamFrameKind.Message, Requests.Cancel().ToByteArray(), out _, out MultiplexError? error));

        Assert.Equal(MultiplexErrorKind.UnfinishedPart, error.Kind);
    }

    [Fact]
    public void Receiving_Cancel_IsTold()
    {
        StreamReceiving receiving = Opened(StreamDirection.Requests);

        Assert.True(receiving.TryAccept(StreamFrameKind.Message, Requests.Cancel().ToByteArray(), out ReceivedPart part, out _));

        Assert.Equal(new ReceivedPart(0, IsFirst: true, IsLast: true, IsCancellation: true, IsOverLimit: false), part);
    }

    [Fact]
    public void Receiving_MessageOverTheLimit_IsToldAndBreaksNothing()
    {
        var receiving = new StreamReceiving(StreamDirection.Responses, new FrameLimit(100_000, "MaxTestBytes"));
        byte[] batch = Batch(200_000);

        Assert.True(receiving.TryAccept(StreamFrameKind.Part, batch.AsSpan(0, 65_536), out ReceivedPart part, out _));
        Assert.False(part.IsOverLimit);
        Assert.True(receiving.TryAccept(StreamFrameKind.Part, batch.AsSpan(65_536, 65_536), out part, out _));
        Assert.True(part.IsOverLimit);
    }

    [Theory]
    [MemberData(nameof(NoInits))]
    public void Receiving_StreamThatBeginsWithoutInit_BreaksTheConnection(byte[] message)
    {
        var receiving = new StreamReceiving(StreamDirection.Requests, Limit);

        Assert.False(receiving.TryAccept(StreamFrameKind.Message, message, out _, out MultiplexError? error));

        Assert.Equal(MultiplexErrorKind.NeverOpened, error.Kind);
    }

    public static TheoryData<byte[]> NoInits => [Requests.Data().ToByteArray(), Requests.Chunk().ToByteArray(), Requests.Finish().ToByteArray(), Requests.Cancel().ToByteArray(), []];

    [Fact]
    public void Receiving_FrameWithoutMessage_Throws() =>
        Assert.Throws<ArgumentException>(() => Opened(StreamDirection.Responses).TryAccept(StreamFrameKind.Window, new byte[4], out _, out _));

    /// <summary>Any sizes, any pace: nothing is lost of a window, the receiver never holds more than it and a frame, and neither side ever waits for ever.</summary>
    [Fact]
    public void BothSides_AnyTraffic_KeepTheWindowBetweenThem()
    {
        Gen<(int Size, bool Costs, int Consume)> step = from size in Gen.Frequency((5, Gen.Choose(0, 300)), (3, Gen.Choose(0, 70_000)), (1, Gen.Choose(0, 400_000)))
                                                        from costs in Gen.Elements(true, true, true, false)
                                                        from consume in Gen.Choose(0, 6)
                                                        select (size, costs, consume);
        Prop.ForAll(Gen.ListOf(step).ToArbitrary(), steps =>
        {
            var sending = new StreamSending();
            StreamReceiving receiving = Opened(StreamDirection.Responses);
            Queue<(int Bytes, int Cost)> held = new();
            long heldCost = 0;
            long notYetGiven = 0;

            void Consume(int count)
            {
                while (count-- > 0 && held.TryDequeue(out (int Bytes, int Cost) frame))
                {
                    heldCost -= frame.Cost;
                    notYetGiven += frame.Cost;
                    uint grant = receiving.Consumed(frame.Bytes, frame.Cost);
                    notYetGiven -= grant;
                    Assert.Null(sending.Grant(1, grant));
                }
            }

            foreach ((int size, bool costs, int consume) in steps)
            {
                byte[] message = costs ? Batch(size) : new UdfResponse { Control = new UdfControlResponse { Error = new ErrorResponse { Error = ExecutionErrors.Worker(new string('x', size)) } } }.ToByteArray();
                int sent = 0;
                do
                {
                    if (!sending.TryTakeFrame(message.Length - sent, costs, out StreamFrameKind kind, out int count))
                    {
                        Assert.NotEmpty(held);
                        Consume(1);
                        continue;
                    }

                    Assert.True(receiving.TryAccept(kind, message.AsSpan(sent, count), out ReceivedPart part, out _));
                    Assert.Equal(costs ? count : 0, part.CostBytes);
                    held.Enqueue((count, part.CostBytes));
                    heldCost += part.CostBytes;
                    sent += count;
                }
                while (sending.IsInsideMessage || sent < message.Length);

                Assert.InRange(heldCost, 0, StreamSending.DefaultWindowBytes + StreamFrameHeader.MaxContentBytes);
                Assert.Equal(StreamSending.DefaultWindowBytes, sending.WindowBytes + heldCost + notYetGiven);
                Consume(consume);
            }

            Consume(int.MaxValue);
            Assert.Equal(StreamSending.DefaultWindowBytes, sending.WindowBytes + notYetGiven);
            Assert.True(sending.MaySend(costs: true));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(60));
    }

    [Fact]
    public void Receiving_AnyFrames_NeverThrows()
    {
        Gen<(bool IsLast, byte[] Content)> frame = from isLast in Gen.Elements(true, false)
                                                   from content in Gen.OneOf(ArbMap.Default.GeneratorFor<byte[]>(), Gen.Elements(Requests.Init().ToByteArray(), Requests.Data().ToByteArray(), Requests.Cancel().ToByteArray()))
                                                   select (isLast, content);
        Prop.ForAll(Gen.ListOf(frame).ToArbitrary(), frames =>
        {
            var receiving = new StreamReceiving(StreamDirection.Requests, Limit);
            foreach ((bool isLast, byte[] content) in frames)
            {
                if (!receiving.TryAccept(isLast ? StreamFrameKind.Message : StreamFrameKind.Part, content, out _, out MultiplexError? error))
                {
                    Assert.NotEmpty(error.Message);
                    return;
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static StreamReceiving Opened(StreamDirection direction)
    {
        var receiving = new StreamReceiving(direction, Limit);
        if (direction == StreamDirection.Requests)
        {
            Assert.True(receiving.TryAccept(StreamFrameKind.Message, Requests.Init().ToByteArray(), out _, out _));
        }

        return receiving;
    }

    private static byte[] Batch(int payloadBytes) => new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFrom(new byte[payloadBytes]) } }.ToByteArray();
}
