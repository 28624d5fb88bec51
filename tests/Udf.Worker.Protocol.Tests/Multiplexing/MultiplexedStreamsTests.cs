using FsCheck;
using FsCheck.Fluent;
using Kind = Udf.Worker.Protocol.StreamFrameKind;
using Target = Udf.Worker.Protocol.StreamFrameTarget;

namespace Udf.Worker.Protocol.Tests.Multiplexing;

/// <summary>Where frames belong, for each kind of frame, each standing of its stream, and each side.</summary>
public class MultiplexedStreamsTests
{
    // Stream 1 has ended, 2 is open, 3 would be the next.
    [Theory]
    [InlineData(Kind.Message, 1u, Target.Ended, Target.Ended)]
    [InlineData(Kind.Part, 1u, Target.Ended, Target.Ended)]
    [InlineData(Kind.Window, 1u, Target.Ended, Target.Ended)]
    [InlineData(Kind.Reset, 1u, Target.Ended, Target.Ended)]
    [InlineData(Kind.Message, 2u, Target.Open, Target.Open)]
    [InlineData(Kind.Part, 2u, Target.Open, Target.Open)]
    [InlineData(Kind.Window, 2u, Target.Open, Target.Open)]
    [InlineData(Kind.Reset, 2u, Target.Open, Target.Open)]
    [InlineData(Kind.Message, 3u, Target.Broken, Target.Next)]
    [InlineData(Kind.Part, 3u, Target.Broken, Target.Next)]
    [InlineData(Kind.Window, 3u, Target.Broken, Target.Broken)]
    [InlineData(Kind.Reset, 3u, Target.Broken, Target.Broken)]
    [InlineData(Kind.Message, 4u, Target.Broken, Target.Broken)]
    [InlineData(Kind.Part, uint.MaxValue, Target.Broken, Target.Broken)]
    [InlineData(Kind.Message, 0u, Target.Broken, Target.Broken)]
    [InlineData(Kind.Part, 0u, Target.Broken, Target.Broken)]
    [InlineData(Kind.Window, 0u, Target.Broken, Target.Broken)]
    [InlineData(Kind.Reset, 0u, Target.Broken, Target.Broken)]
    public void Judge_EachKindAndStanding_SaysWhereItBelongs(Kind kind, uint stream, Target onTheEngine, Target onTheWorker)
    {
        foreach ((StreamDirection received, Target expected) in new[] { (StreamDirection.Responses, onTheEngine), (StreamDirection.Requests, onTheWorker) })
        {
            MultiplexedStreams<string> streams = new(received);
            Assert.True(streams.TryOpen(number => $"stream {number}", out _));
            Assert.True(streams.TryOpen(number => $"stream {number}", out string? second));
            Assert.Equal("stream 2", second);
            Assert.True(streams.End(1));
            Assert.False(streams.End(1));
            Assert.Equal(Target.Open, streams.Judge(Header(Kind.Message, 2), out _, out _));

            Assert.Equal(expected, streams.Judge(Header(kind, stream), out string? found, out MultiplexError? error));

            Assert.Equal(expected == Target.Open ? "stream 2" : null, found);
            Assert.Equal(expected == Target.Broken, error is not null);
            Assert.Equal(2u, streams.Highest);
        }
    }

    [Theory]
    [InlineData(StreamDirection.Requests)]
    [InlineData(StreamDirection.Responses)]
    public void Judge_WindowOfStreamZero_IsTheInitialOneOnlyAsTheVeryFirstFrame(StreamDirection received)
    {
        MultiplexedStreams<string> streams = new(received);

        Assert.Equal(Target.InitialWindow, streams.Judge(Header(Kind.Window, 0), out _, out _));
        Assert.Equal(Target.Broken, streams.Judge(Header(Kind.Window, 0), out _, out MultiplexError? error));
        Assert.Equal(MultiplexErrorKind.LateInitialWindow, error!.Kind);
    }

    [Fact]
    public void Judge_OnTheWorker_StreamsAreOpenedOneAfterAnother()
    {
        MultiplexedStreams<string> streams = new(StreamDirection.Requests);

        Assert.Equal(Target.Broken, streams.Judge(Header(Kind.Message, 2), out _, out _));
        Assert.Equal(Target.Next, streams.Judge(Header(Kind.Message, 1), out _, out _));
        Assert.True(streams.TryOpen(_ => "one", out _));
        Assert.Equal(Target.Next, streams.Judge(Header(Kind.Part, 2), out _, out _));
        Assert.True(streams.TryOpen(_ => "two", out _));
        Assert.Equal(["one", "two"], streams.Open.Order());
    }

    [Fact]
    public void TryOpen_CreationFails_UsesNoNumber()
    {
        MultiplexedStreams<string> streams = new(StreamDirection.Responses);

        Assert.Throws<InvalidOperationException>(() => streams.TryOpen(_ => throw new InvalidOperationException(), out _));

        Assert.Equal(0u, streams.Highest);
    }

    [Fact]
    public void Judge_AnyFrames_NeverThrowsAndForgetsNoStream() =>
        Prop.ForAll(
            Gen.ListOf(from what in Gen.Choose(0, 5) from stream in Gen.Choose(0, 8) select (what, stream)).ToArbitrary(),
            steps =>
            {
                MultiplexedStreams<string> streams = new(StreamDirection.Requests);
                HashSet<uint> open = [];
                foreach ((int what, int number) in steps)
                {
                    uint stream = (uint)number;
                    if (what == 5)
                    {
                        Assert.Equal(open.Remove(stream), streams.End(stream));
                        continue;
                    }

                    if (what == 4)
                    {
                        Assert.True(streams.TryOpen(opened => opened.ToString(System.Globalization.CultureInfo.InvariantCulture), out _));
                        open.Add(streams.Highest);
                        continue;
                    }

                    Target target = streams.Judge(Header((Kind)what, stream), out string? found, out MultiplexError? error);
                    Assert.Equal(open.Contains(stream), target == Target.Open);
                    Assert.Equal(target == Target.Open, found is not null);
                    Assert.Equal(target == Target.Broken, error is not null);
                    Assert.Equal(stream > 0 && stream <= streams.Highest && !open.Contains(stream), target == Target.Ended);
                }

                Assert.Equal(open.Count, streams.Open.Count);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static StreamFrameHeader Header(Kind kind, uint stream) => new(kind, stream, kind == Kind.Window ? 4 : 1);
}
