using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Multiplexing;

/// <summary>Frames that are put down and taken again, and the messages that become of them.</summary>
public class IncomingFramesTests
{
    [Fact]
    public void AddAndTake_AnySizesInAnyOrder_GiveTheSameMessages()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            var frames = new IncomingFrames();
            var message = new IncomingMessage(StreamDirection.Responses, 64 * 1024 * 1024);
            Queue<byte[]> expected = new();
            Queue<(byte[] Content, bool IsLast)> pending = new();
            for (int step = 0; step < 100; step++)
            {
                if (pending.Count == 0)
                {
                    byte[] payload = Wire.Pattern(random.Next(5) switch { 0 => 0, 1 => random.Next(100), 2 => random.Next(3000), 3 => random.Next(70_000), _ => random.Next(300_000) }, step + 1);
                    expected.Enqueue(payload);
                    byte[] whole = MultiplexedWire.Batch(payload);
                    int position = 0;
                    do
                    {
                        int count = Math.Min(whole.Length - position, random.Next(1, StreamFrameHeader.MaxContentBytes + 1));
                        pending.Enqueue((whole[position..(position + count)], position + count == whole.Length));
                        position += count;
                    }
                    while (position < whole.Length);
                }

                if (random.Next(3) > 0)
                {
                    (byte[] content, bool isLast) = pending.Dequeue();
                    frames.Add(content, content.Length, isLast);
                }
                else if (frames.Count > 0)
                {
                    Take(frames, message, expected);
                }
            }

            while (frames.Count > 0)
            {
                Take(frames, message, expected);
            }

            message.Drop();
        }
    }

    [Fact]
    public void Clear_InTheMiddle_BeginsAnew()
    {
        var frames = new IncomingFrames();
        for (int index = 0; index < 10; index++)
        {
            frames.Add(new byte[5000], 5000, isLast: true);
        }

        frames.TakeInto(new IncomingMessage(StreamDirection.Responses, 1024));
        frames.Clear();
        Assert.Equal(0, frames.Count);

        frames.Add(MultiplexedWire.Batch([7]), 1, isLast: true);
        Take(frames, new IncomingMessage(StreamDirection.Responses, 1024), new([[7]]));
    }

    [Fact]
    public void Append_BatchWithSomethingBehindIt_IsForTheParser()
    {
        // Fields that are not known: legal, and unusual.
        byte[] whole = [.. MultiplexedWire.Batch(Wire.Pattern(200)), 0x7A, 1, 0];

        ReceivedFrame frame = Assemble(whole[..100], whole[100..150], whole[150..]);

        Assert.Equal(FrameKind.Message, frame.Kind);
        Assert.Equal(Wire.Pattern(200), UdfResponse.Parser.ParseFrom(frame.Buffer!.Memory.Span).Data.Data.ToByteArray());
    }

    [Fact]
    public void Append_ControlMessageInParts_IsTheMessage()
    {
        byte[] whole = new UdfResponse { Control = new UdfControlResponse { Init = new InitResponse { Data = ByteString.CopyFrom(Wire.Pattern(5000)) } } }.ToByteArray();

        ReceivedFrame frame = Assemble(whole[..10], whole[10..4000], whole[4000..]);

        Assert.Equal(FrameKind.Message, frame.Kind);
        Assert.Equal(whole, frame.Buffer!.Memory.ToArray());
    }

    [Fact]
    public void Append_BatchThatIsTorn_IsNoBatch()
    {
        byte[] whole = MultiplexedWire.Batch(Wire.Pattern(200));

        ReceivedFrame frame = Assemble(whole[..100], whole[100..150]);

        Assert.Equal(FrameKind.Message, frame.Kind);
        Assert.Equal(whole[..150], frame.Buffer!.Memory.ToArray());
    }

    private static ReceivedFrame Assemble(params byte[][] pieces)
    {
        var message = new IncomingMessage(StreamDirection.Responses, 1024 * 1024);
        for (int index = 0; index < pieces.Length; index++)
        {
            Assert.Null(message.Whole);
            message.Append(pieces[index], index == pieces.Length - 1);
        }

        return message.Take();
    }

    private static void Take(IncomingFrames frames, IncomingMessage message, Queue<byte[]> expected)
    {
        (int content, int cost) = frames.TakeInto(message);
        Assert.Equal(content, cost is 1 ? content : cost);
        if (message.Whole is not null)
        {
            ReceivedFrame frame = message.Take();
            Assert.Equal(FrameKind.Data, frame.Kind);
            Assert.True(expected.Dequeue().AsSpan().SequenceEqual(frame.Buffer!.Memory.Span));
            frame.Buffer.Dispose();
        }
    }
}
