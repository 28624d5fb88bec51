using FsCheck;
using FsCheck.Fluent;

namespace Udf.Worker.Protocol.Tests.Multiplexing;

public class StreamFrameTests
{
    [Theory]
    [InlineData(StreamFrameKind.Message, 1u, 0, new byte[] { 0, 0, 0, 0, 1, 0, 0, 0, 0 })]
    [InlineData(StreamFrameKind.Part, 0x01020304u, 65_536, new byte[] { 1, 1, 2, 3, 4, 0, 1, 0, 0 })]
    [InlineData(StreamFrameKind.Window, uint.MaxValue, 4, new byte[] { 2, 255, 255, 255, 255, 0, 0, 0, 4 })]
    [InlineData(StreamFrameKind.Reset, 7u, 1, new byte[] { 3, 0, 0, 0, 7, 0, 0, 0, 1 })]
    public void Header_ThereAndBack_IsTheSame(StreamFrameKind kind, uint stream, int contentBytes, byte[] expected)
    {
        byte[] bytes = new byte[StreamFrameHeader.SizeBytes];
        var header = new StreamFrameHeader(kind, stream, contentBytes);
        header.Write(bytes);

        Assert.Equal(expected, bytes);
        Assert.True(StreamFrameHeader.TryParse(bytes, out StreamFrameHeader parsed, out MultiplexError? error));
        Assert.Equal(header, parsed);
        Assert.Null(error);
    }

    [Theory]
    [InlineData(new byte[] { 4, 0, 0, 0, 1, 0, 0, 0, 0 }, MultiplexErrorKind.UnknownKind)]
    [InlineData(new byte[] { 255, 0, 0, 0, 1, 255, 255, 255, 255 }, MultiplexErrorKind.UnknownKind)]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0, 1, 0, 1 }, MultiplexErrorKind.TooLong)]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 255, 255, 255, 255 }, MultiplexErrorKind.TooLong)]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 0, 0, 0, 3 }, MultiplexErrorKind.WrongLength)]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 0, 0, 0, 5 }, MultiplexErrorKind.WrongLength)]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 0 }, MultiplexErrorKind.WrongLength)]
    [InlineData(new byte[] { 3, 0, 0, 0, 1, 0, 0, 0, 0 }, MultiplexErrorKind.WrongLength)]
    public void Header_Broken_IsRefusedFromItsNineBytes(byte[] bytes, MultiplexErrorKind kind)
    {
        ReadOnlySpan<byte> buffer = bytes;

        Assert.Equal(FrameReadStatus.Broken, StreamFrameParser.TryReadFrame(ref buffer, out _, out _, out MultiplexError? error));

        Assert.Equal(kind, error!.Kind);
        Assert.Equal(bytes.Length, buffer.Length);
    }

    [Fact]
    public void Header_NoRoom_Throws()
    {
        Assert.Throws<ArgumentException>(() => StreamFrameHeader.TryParse(new byte[8], out _, out _));
        Assert.Throws<ArgumentException>(() => new StreamFrameHeader(StreamFrameKind.Message, 1, 0).Write(new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamFrameHeader(StreamFrameKind.Message, 1, 65_537));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamFrameHeader(StreamFrameKind.Message, 1, -1));
    }

    [Fact]
    public void Parser_EverySplitOfAStreamOfFrames_GivesTheSameFrames()
    {
        (StreamFrameHeader Header, byte[] Content)[] frames =
        [
            (new(StreamFrameKind.Message, 1, 3), [1, 2, 3]),
            (new(StreamFrameKind.Part, 2, 0), []),
            (new(StreamFrameKind.Window, 1, 4), [0, 0, 1, 0]),
            (new(StreamFrameKind.Reset, 2, 2), [1, 65]),
            (new(StreamFrameKind.Message, 3, 17), TestBytes.Pattern(17)),
        ];
        byte[] stream = [.. frames.SelectMany(frame => Framed(frame.Header, frame.Content))];

        for (int first = 0; first <= stream.Length; first++)
        {
            for (int second = first; second <= stream.Length; second++)
            {
                AssertSame(frames, Read([stream[..first], stream[first..second], stream[second..]]));
            }
        }

        AssertSame(frames, Read([.. stream.Select(value => new[] { value })]));
    }

    [Fact]
    public void Parser_AnyBytes_NeverThrowsAndNeverGoesBack() =>
        Prop.ForAll(AlmostFrames().ToArbitrary(), bytes =>
        {
            ReadOnlySpan<byte> buffer = bytes;
            FrameReadStatus status;
            do
            {
                int before = buffer.Length;
                status = StreamFrameParser.TryReadFrame(ref buffer, out StreamFrameHeader header, out ReadOnlySpan<byte> content, out MultiplexError? error);
                Assert.Equal(status == FrameReadStatus.Broken, error is not null);
                Assert.Equal(status == FrameReadStatus.Frame ? before - StreamFrameHeader.SizeBytes - content.Length : before, buffer.Length);
                Assert.True(status != FrameReadStatus.Frame || header.ContentBytes == content.Length);
            }
            while (status == FrameReadStatus.Frame);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData(StreamResetCode.Failure, "")]
    [InlineData(StreamResetCode.Refused, "the worker is at capacity")]
    [InlineData((StreamResetCode)200, "größer")]
    public void Reset_ThereAndBack_IsTheSame(StreamResetCode code, string reason)
    {
        var reset = new StreamReset(code, reason);
        ReadOnlySpan<byte> frame = reset.ToFrame(9);

        Assert.Equal(FrameReadStatus.Frame, StreamFrameParser.TryReadFrame(ref frame, out StreamFrameHeader header, out ReadOnlySpan<byte> content, out _));
        Assert.Equal((StreamFrameKind.Reset, 9u), (header.Kind, header.Stream));
        Assert.Equal(reset, StreamReset.Parse(content));
    }

    [Fact]
    public void Reset_LongReason_IsCutBetweenCharacters()
    {
        ReadOnlySpan<byte> frame = new StreamReset(StreamResetCode.Failure, "x" + new string('€', 5000)).ToFrame(1);

        Assert.Equal(FrameReadStatus.Frame, StreamFrameParser.TryReadFrame(ref frame, out _, out ReadOnlySpan<byte> content, out _));
        string reason = StreamReset.Parse(content).Reason;
        Assert.Equal("x" + new string('€', (StreamReset.MaxReasonBytes - 1) / 3), reason);
    }

    [Fact]
    public void Reset_TextThatIsNoUtf8_IsReadAllTheSame() => Assert.Equal("\uFFFDa", StreamReset.Parse([0, 0xFF, 97]).Reason);

    [Fact]
    public void Window_ThereAndBack_IsTheSame()
    {
        byte[] frame = new byte[13];

        Assert.Equal(13, StreamFrameHeader.WriteWindow(frame, 5, 0x80000000));
        Assert.Equal([2, 0, 0, 0, 5, 0, 0, 0, 4, 0x80, 0, 0, 0], frame);
        Assert.Equal(0x80000000, StreamFrameHeader.ReadWindow(frame.AsSpan(9)));
    }

    internal static byte[] Framed(StreamFrameHeader header, byte[] content)
    {
        byte[] frame = new byte[StreamFrameHeader.SizeBytes + content.Length];
        header.Write(frame);
        content.CopyTo(frame, StreamFrameHeader.SizeBytes);
        return frame;
    }

    private static Gen<byte[]> AlmostFrames()
    {
        Gen<byte[]> noise = ArbMap.Default.GeneratorFor<byte[]>();
        Gen<byte[]> frame =
            from kind in Gen.Choose(0, 5)
            from stream in Gen.Choose(0, 3)
            from content in noise
            select (byte[])[(byte)kind, 0, 0, 0, (byte)stream, 0, 0, 0, (byte)content.Length, .. content];
        return from parts in Gen.ListOf(Gen.Frequency((1, noise), (6, frame))) select parts.SelectMany(part => part).ToArray();
    }

    private static List<(StreamFrameHeader Header, byte[] Content)> Read(byte[][] pieces)
    {
        List<(StreamFrameHeader, byte[])> frames = [];
        byte[] received = [];
        foreach (byte[] piece in pieces)
        {
            received = [.. received, .. piece];
            ReadOnlySpan<byte> buffer = received;
            while (StreamFrameParser.TryReadFrame(ref buffer, out StreamFrameHeader header, out ReadOnlySpan<byte> content, out _) == FrameReadStatus.Frame)
            {
                frames.Add((header, content.ToArray()));
            }

            received = buffer.ToArray();
        }

        Assert.Empty(received);
        return frames;
    }

    private static void AssertSame((StreamFrameHeader Header, byte[] Content)[] expected, List<(StreamFrameHeader Header, byte[] Content)> actual)
    {
        Assert.Equal(expected.Select(frame => frame.Header), actual.Select(frame => frame.Header));
        Assert.Equal(expected.Select(frame => frame.Content), actual.Select(frame => frame.Content));
    }
}
