using System.Buffers;

namespace Udf.Worker.Protocol.Tests.Frames;

public class FrameParserTests
{
    private static readonly FrameLimit Limit = new(64, "MaxTestBytes");

    [Fact]
    public void TryReadFrame_EverySplitOfThreeFrames_GivesTheSameFrames()
    {
        byte[][] messages = [TestBytes.Pattern(17), [], TestBytes.Pattern(64)];
        byte[] stream = [.. messages.SelectMany(Framed)];

        for (int first = 0; first <= stream.Length; first++)
        {
            for (int second = first; second <= stream.Length; second++)
            {
                Assert.Equal(messages, ReadAll(TestBytes.Segmented(stream, first, second)));
            }
        }
    }

    [Fact]
    public void TryReadFrame_EveryPrefixOfAFrame_NeedsMoreAndConsumesNothing()
    {
        byte[] frame = Framed(TestBytes.Pattern(20));
        for (int length = 0; length < frame.Length; length++)
        {
            ReadOnlySequence<byte> buffer = new(frame, 0, length);
            Assert.Equal(FrameReadStatus.NeedMore, FrameParser.TryReadFrame(ref buffer, Limit, out ReadOnlySequence<byte> message, out _));
            Assert.Equal(length, buffer.Length);
            Assert.True(message.IsEmpty);
        }
    }

    [Fact]
    public void TryReadFrame_OneByteAtATime_GivesTheFrameWithItsLastByte()
    {
        byte[] frame = Framed(TestBytes.Pattern(20));
        ReadOnlySequence<byte> buffer = TestBytes.Segmented(frame, [.. Enumerable.Range(1, frame.Length - 1)]);

        Assert.Equal(FrameReadStatus.Frame, FrameParser.TryReadFrame(ref buffer, Limit, out ReadOnlySequence<byte> message, out _));
        Assert.Equal(TestBytes.Pattern(20), message.ToArray());
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void TryReadFrame_TooLong_IsRefusedFromTheHeaderAlone()
    {
        for (int split = 0; split <= FrameHeader.SizeBytes; split++)
        {
            ReadOnlySequence<byte> buffer = TestBytes.Segmented([0, 0, 0, 0, 65], split);
            Assert.Equal(FrameReadStatus.Broken, FrameParser.TryReadFrame(ref buffer, Limit, out _, out FrameError? error));
            Assert.Equal(FrameErrorKind.TooLong, error!.Kind);
            Assert.Equal(FrameHeader.SizeBytes, buffer.Length);
        }
    }

    [Fact]
    public void TryReadFrame_FlagNotZero_IsRefused()
    {
        ReadOnlySequence<byte> buffer = new([1, 0, 0, 0, 0]);
        Assert.Equal(FrameReadStatus.Broken, FrameParser.TryReadFrame(ref buffer, Limit, out _, out FrameError? error));
        Assert.Equal(FrameErrorKind.FlagNotZero, error!.Kind);
    }

    private static byte[] Framed(byte[] message)
    {
        byte[] frame = new byte[FrameHeader.SizeBytes + message.Length];
        new FrameHeader(message.Length).Write(frame);
        message.CopyTo(frame, FrameHeader.SizeBytes);
        return frame;
    }

    private static List<byte[]> ReadAll(ReadOnlySequence<byte> buffer)
    {
        List<byte[]> messages = [];
        while (FrameParser.TryReadFrame(ref buffer, Limit, out ReadOnlySequence<byte> message, out _) == FrameReadStatus.Frame)
        {
            messages.Add(message.ToArray());
        }

        Assert.True(buffer.IsEmpty);
        return messages;
    }
}
