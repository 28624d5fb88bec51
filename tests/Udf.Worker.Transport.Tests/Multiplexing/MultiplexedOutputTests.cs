using Udf.Worker.Protocol;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Multiplexing;

/// <summary>What goes out of a multiplexed connection, and in which order.</summary>
public class MultiplexedOutputTests
{
    private readonly MultiplexedOutput _output;
    private int _wakeCount;

    public MultiplexedOutputTests() => _output = new MultiplexedOutput(() => ++_wakeCount > 0, () => { });

    [Fact]
    public async Task Send_SmallMessagesOfManyStreams_GoOutInOneRunAndWakeOnce()
    {
        OutgoingStream[] streams = Open(50);
        foreach (OutgoingStream stream in streams)
        {
            await _output.SendAsync(stream, Data(100));
        }

        Assert.Equal(1, _wakeCount);
        Assert.Equal(Enumerable.Range(1, 50).Select(number => (uint)number), Take().Select(frame => frame.Stream));
        Assert.False(_output.TryTake(out _));

        await _output.SendAsync(streams[7], Data(1));
        Assert.Equal(2, _wakeCount);
        Assert.Equal([8u], Take().Select(frame => frame.Stream));
    }

    [Fact]
    public async Task Send_LargeMessages_TakeTurns()
    {
        OutgoingStream[] streams = Open(3);
        Task[] sent = [.. streams.Select(stream => _output.SendAsync(stream, Data(250_000)).AsTask())];
        List<StreamFrameHeader> frames = TakeAll();

        await Task.WhenAll(sent).DefaultTimeout();
        Assert.Equal(12, frames.Count);
        Assert.All(Enumerable.Range(1, 3), number => Assert.Equal(250_000, frames.Where(frame => frame.Stream == number).Sum(frame => frame.ContentBytes)));

        // Once all are in line, none has two turns before the others have one.
        uint[] order = [.. frames.Skip(3).Select(frame => frame.Stream)];
        Assert.Equal([1u, 2u, 3u], order[..3].Order());
        Assert.All(Enumerable.Range(1, order.Length - 1), index => Assert.NotEqual(order[index - 1], order[index]));
    }

    [Fact]
    public async Task Send_WithoutWindow_WaitsAloneAndGoesOnWhenItIsGranted()
    {
        OutgoingStream[] streams = Open(2);
        for (int index = 0; index < 5; index++)
        {
            await _output.SendAsync(streams[0], Data(60_000)).AsTask().WaitAsync(TimeSpan.Zero);
            Take();
        }

        Task waiting = _output.SendAsync(streams[0], Data(10)).AsTask();
        await _output.SendAsync(streams[1], Data(10));
        Assert.Equal([2u], Take().Select(frame => frame.Stream));
        Assert.False(waiting.IsCompleted);

        Assert.Null(_output.Granted(streams[0], 100_000));
        await waiting.DefaultTimeout();
        Assert.Equal([1u], Take().Select(frame => frame.Stream));
        Assert.Equal(MultiplexErrorKind.WindowTooLarge, _output.Granted(streams[0], uint.MaxValue)?.Kind);
    }

    [Fact]
    public async Task Discard_MessageThatWaits_IsDroppedAndSoAreLaterOnes()
    {
        OutgoingStream stream = Open(1)[0];
        for (int index = 0; index < 5; index++)
        {
            await _output.SendAsync(stream, Data(60_000));
            Take();
        }

        Task waiting = _output.SendAsync(stream, Data(10)).AsTask();

        _output.Discard(stream);

        await waiting.DefaultTimeout();
        await _output.SendAsync(stream, Data(10)).AsTask().DefaultTimeout();
        await _output.SendAsync(stream, new OutgoingMessage(new byte[7], default, Costs: false, IsDroppable: false)).AsTask().DefaultTimeout();
        Assert.Equal([7], Take().Select(frame => frame.ContentBytes));
    }

    [Fact]
    public async Task Discard_MessageThatHasBegun_IsFinished()
    {
        OutgoingStream stream = Open(1)[0];
        Task sending = _output.SendAsync(stream, Data(400_000)).AsTask();
        while (_output.TryTake(out _))
        {
        }

        _output.Discard(stream);

        Assert.False(sending.IsCompleted);
        Assert.Null(_output.Granted(stream, 400_000));
        Assert.Equal([StreamFrameKind.Part, StreamFrameKind.Part, StreamFrameKind.Message], TakeAll().Select(frame => frame.Kind));
        await sending.DefaultTimeout();
    }

    [Fact]
    public async Task End_WithAReset_CutsTheMessageOffAndSaysSo()
    {
        OutgoingStream stream = Open(1)[0];
        Task sending = _output.SendAsync(stream, Data(400_000)).AsTask();
        while (_output.TryTake(out _))
        {
        }

        _output.End(stream, "it was given up", new StreamReset(StreamResetCode.NotWanted, ""));

        await Assert.ThrowsAsync<IOException>(() => sending.DefaultTimeout());
        Assert.Equal([StreamFrameKind.Reset], Take().Select(frame => frame.Kind));
        await Assert.ThrowsAsync<IOException>(() => _output.SendAsync(stream, Data(1)).AsTask());
    }

    [Fact]
    public async Task End_BeforeTheStreamIsOpened_OpensItFirst()
    {
        // Its number is used up: the worker must hear of it, or the next one would have a gap before it.
        OutgoingStream[] streams = Open(4);
        Task[] busy = [.. streams[..3].Select(stream => _output.SendAsync(stream, Data(200_000)).AsTask())];
        Task opening = _output.SendAsync(streams[3], new OutgoingMessage(new byte[50], default, Costs: true, IsDroppable: false)).AsTask();

        _output.End(streams[3], "it was given up", new StreamReset(StreamResetCode.NotWanted, ""));

        await Assert.ThrowsAsync<IOException>(() => opening.DefaultTimeout());
        List<StreamFrameHeader> frames = TakeAll();

        await Task.WhenAll(busy).DefaultTimeout();
        Assert.Equal([StreamFrameKind.Message, StreamFrameKind.Reset], frames.Where(frame => frame.Stream == 4).Select(frame => frame.Kind));
    }

    [Fact]
    public async Task Grant_ManyTimesBeforeItGoesOut_IsOneWindow()
    {
        OutgoingStream[] streams = Open(2);
        Task busy = _output.SendAsync(streams[1], Data(200_000)).AsTask();
        _output.Grant(streams[0], 1000);
        _output.Grant(streams[0], 2000);
        List<StreamFrameHeader> frames = TakeAll();

        Assert.Single(frames, frame => frame.Kind == StreamFrameKind.Window);
        await busy.DefaultTimeout();
    }

    [Fact]
    public async Task Fail_WhatComesLater_Fails()
    {
        OutgoingStream stream = Open(1)[0];

        _output.Fail("the connection is broken");

        await Assert.ThrowsAsync<IOException>(() => _output.SendAsync(stream, Data(1)).AsTask());
        Assert.False(_output.TryTake(out _));
    }

    private static OutgoingMessage Data(int bytes) => new(default, new byte[bytes], Costs: true, IsDroppable: true);

    private OutgoingStream[] Open(int count)
    {
        OutgoingStream[] streams = [.. Enumerable.Range(0, count).Select(_ => new OutgoingStream())];
        for (int index = 0; index < count; index++)
        {
            _output.Open(streams[index], (uint)index + 1);
        }

        return streams;
    }

    private List<StreamFrameHeader> Take()
    {
        Assert.True(_output.TryBeginWriting(isWoken: true));
        Assert.True(_output.TryTake(out ReadOnlyMemory<byte> bytes));
        List<StreamFrameHeader> frames = Parse(bytes.Span);
        Assert.False(_output.TryTake(out _));
        return frames;
    }

    private List<StreamFrameHeader> TakeAll()
    {
        List<StreamFrameHeader> frames = [];
        while (_output.TryTake(out ReadOnlyMemory<byte> bytes))
        {
            frames.AddRange(Parse(bytes.Span));
        }

        return frames;
    }

    private static List<StreamFrameHeader> Parse(ReadOnlySpan<byte> bytes)
    {
        List<StreamFrameHeader> frames = [];
        while (StreamFrameParser.TryReadFrame(ref bytes, out StreamFrameHeader header, out _, out _) == FrameReadStatus.Frame)
        {
            frames.Add(header);
        }

        Assert.True(bytes.IsEmpty);
        return frames;
    }
}
