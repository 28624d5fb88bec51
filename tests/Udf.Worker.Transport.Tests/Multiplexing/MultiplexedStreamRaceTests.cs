using System.Threading.Channels;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Multiplexing;

/// <summary>One stream whose opening, sending, waiting, cancellation, reset, end and loss meet in every order: whoever waits is told, once, and nothing stays behind.</summary>
public class MultiplexedStreamRaceTests
{
    private static readonly UdfRequest Init = new() { Control = new UdfControlRequest { Init = new Init() } };
    private static readonly UdfRequest Finish = new() { Control = new UdfControlRequest { Finish = new Finish() } };

    private int Rounds { get; } = Race.Rounds(normal: 3_000, full: 100_000);

    [Fact]
    public Task Open_AgainstTheLossOfTheConnection_IsToldOfIt() => Race.RunAsync(Rounds, 3, _ =>
    {
        var connection = new UnwrittenConnection();
        MultiplexedStream stream = connection.CreateStream();
        ReceivedFrame last = default;
        return ([
            () => IgnoringLossAsync(() => stream.SendAsync(Init)),
            () => Run(() => connection.Lose()),
            async () => last = await stream.ReceiveAsync(CancellationToken.None),
        ], () => AssertBroken(connection, stream, last));
    });

    [Fact]
    public Task Open_AgainstGivingUp_LeavesNothingOpen() => Race.RunAsync(Rounds, 4, _ =>
    {
        var connection = new UnwrittenConnection();
        MultiplexedStream stream = connection.CreateStream();
        ReceivedFrame last = default;
        return ([
            () => IgnoringLossAsync(() => stream.SendAsync(Init)),
            () => Run(stream.Abort),
            () => Run(stream.DiscardInput),
            async () => last = await stream.ReceiveAsync(CancellationToken.None),
        ], Check);

        void Check()
        {
            AssertBroken(connection, stream, last);

            // Either nothing of it went out, or Init and, as the last word, the reset. The next number is in step with that.
            StreamFrameKind[] sent = [.. connection.Written().Select(frame => frame.Kind)];
            Assert.True(sent is [] or [StreamFrameKind.Message, StreamFrameKind.Reset], string.Join(", ", sent));
        }
    });

    [Fact]
    public Task Receive_FrameAgainstCancellationOfTheWait_IsNeitherLostNorDoubled() => Race.RunAsync(Rounds, 3, round =>
    {
        var connection = new UnwrittenConnection();
        MultiplexedStream stream = connection.Open();
        var source = new CancellationTokenSource();
        ReceivedFrame frame = default;
        return ([
            () => Run(() => connection.Receive(Batch(1, (byte)round))),
            source.CancelAsync,
            async () =>
            {
                try
                {
                    frame = await stream.ReceiveAsync(source.Token);
                }
                catch (OperationCanceledException)
                {
                    frame = await stream.ReceiveAsync(CancellationToken.None);
                }
            },
        ], Check);

        void Check()
        {
            Assert.Equal((byte)round, Assert.Single(frame.Buffer!.Memory.ToArray()));
            frame.Buffer.Dispose();
            Assert.False(stream.HasBytes);
        }
    });

    [Fact]
    public Task Receive_FramesResetAndLoss_EveryWaitEnds() => Race.RunAsync(Rounds, 4, round =>
    {
        var connection = new UnwrittenConnection();
        MultiplexedStream stream = connection.Open();
        return ([
            async () =>
            {
                ReceivedFrame frame;
                do
                {
                    frame = await stream.ReceiveAsync(CancellationToken.None);
                    frame.Buffer?.Dispose();
                }
                while (frame.Kind == FrameKind.Data);
            },
            () => Run(() => connection.Receive([.. Batch(1, 1), .. Batch(1, 2), .. new StreamReset(StreamResetCode.Failure, "").ToFrame(1)])),
            () => Run(() => connection.Lose(round % 2 == 0 ? new FrameFault("it broke") : null)),
            () => round % 3 == 0 ? Run(stream.Abort) : Task.CompletedTask,
        ], () => Assert.Equal(0, connection.OpenCount));
    });

    [Fact]
    public Task Send_WithoutWindowAgainstGrantsDiscardingAndTheEnd_EverySendEnds() => Race.RunAsync(Rounds, 4, round =>
    {
        var connection = new UnwrittenConnection();
        MultiplexedStream stream = connection.Open();
        byte[] window = new byte[13];
        StreamFrameHeader.WriteWindow(window, 1, 100_000);
        return ([
            async () =>
            {
                // So much that the window closes, then the last word.
                for (int index = 0; index < 6; index++)
                {
                    await IgnoringLossAsync(() => stream.SendDataAsync(new byte[60_000]));
                }

                await IgnoringLossAsync(() => stream.SendAsync(Finish));
            },
            () => Run(() => connection.Receive(window)),
            () => Run(() =>
            {
                if (round % 2 == 0)
                {
                    stream.DiscardInput();
                }
                else
                {
                    stream.Abort();
                }
            }),
            connection.WriteUntilEndedAsync,
        ], () => stream.Abort());
    });

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task IgnoringLossAsync(Func<ValueTask> send)
    {
        try
        {
            await send();
        }
        catch (IOException)
        {
            // It came too late.
        }
    }

    private static void AssertBroken(UnwrittenConnection connection, MultiplexedStream stream, in ReceivedFrame last)
    {
        Assert.Equal(FrameKind.Broken, last.Kind);
        Assert.Equal(0, connection.OpenCount);
        Assert.Throws<IOException>(() =>
        {
            _ = stream.SendAsync(Finish);
        });
    }

    private static byte[] Batch(uint stream, byte content) => MultiplexedWire.Frame(StreamFrameKind.Message, stream, MultiplexedWire.Batch([content]));

    /// <summary>The engine's side of a connection of which the test is reader and writer.</summary>
    private sealed class UnwrittenConnection() : MultiplexedConnection(StreamDirection.Responses, new FrameLimit(1024 * 1024, "Limit"))
    {
        private readonly Channel<bool> _woken = Channel.CreateUnbounded<bool>();

        internal MultiplexedStream Open()
        {
            MultiplexedStream stream = CreateStream();
            Assert.True(stream.SendAsync(Init).IsCompletedSuccessfully);
            return stream;
        }

        internal void Lose(FrameFault? fault = null) => EndStreams(fault ?? new FrameFault("it broke"));

        internal void Receive(ReadOnlySpan<byte> bytes) => Assert.Null(Take(ref bytes));

        /// <summary>What there is to write.</summary>
        internal List<StreamFrameHeader> Written()
        {
            List<StreamFrameHeader> frames = [];
            if (Output.TryBeginWriting(isWoken: true))
            {
                while (Output.TryTake(out ReadOnlyMemory<byte> bytes))
                {
                    ReadOnlySpan<byte> rest = bytes.Span;
                    while (StreamFrameParser.TryReadFrame(ref rest, out StreamFrameHeader header, out _, out _) == FrameReadStatus.Frame)
                    {
                        frames.Add(header);
                    }
                }
            }

            return frames;
        }

        /// <summary>Writes what comes, until the last word of the stream: that its sender has finished, or gives up.</summary>
        internal async Task WriteUntilEndedAsync()
        {
            long bytes = 0;
            while (true)
            {
                await _woken.Reader.ReadAsync();
                foreach (StreamFrameHeader header in Written())
                {
                    bytes += header.Kind == StreamFrameKind.Message ? 1 : 0;
                    if (header.Kind == StreamFrameKind.Reset || header is { Kind: StreamFrameKind.Message, ContentBytes: < 100 } && bytes > 1)
                    {
                        return;
                    }
                }
            }
        }

        protected override bool WakeWriter()
        {
            return _woken.Writer.TryWrite(true);
        }
    }
}
