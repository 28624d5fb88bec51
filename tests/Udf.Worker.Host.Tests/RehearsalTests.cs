using Google.Protobuf;
using Udf.Worker.Host.Internal;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Tests;

public class RehearsalTests
{
    [Fact]
    public void Frames_AreWhatAnEngineSends()
    {
        var init = new Init { ProtocolVersion = 1, DataFormat = UDFWorkerDataFormat.Arrow, Udf = new UdfPayload { Format = Rehearsal.Format, Payload = ByteString.CopyFromUtf8("1") } };
        init.TaskContext["udf.execution_id"] = Rehearsal.Format;
        byte[] expected =
        [
            .. Frame(new UdfRequest { Control = new UdfControlRequest { Init = init } }),
            .. Frame(new UdfRequest { Data = new DataRequest { Data = ByteString.CopyFromUtf8("1") } }),
            .. Frame(new UdfRequest { Control = new UdfControlRequest { Finish = new Finish() } }),
        ];

        Assert.Equal(expected, Rehearsal.Frames.ToArray());
    }

    [Fact]
    public void Perform_GoesFromInitToFinish()
    {
        var sent = new MemoryStream();
        Rehearsal.Perform(bytes => sent.Write(bytes.Span));

        List<UdfResponse> answers = [];
        for (ReadOnlySpan<byte> rest = sent.ToArray(); !rest.IsEmpty;)
        {
            Assert.True(FrameHeader.TryParse(rest, FrameLimit.Default, out FrameHeader header, out _));
            answers.Add(UdfResponse.Parser.ParseFrom(rest.Slice(FrameHeader.SizeBytes, header.MessageBytes)));
            rest = rest[(FrameHeader.SizeBytes + header.MessageBytes)..];
        }

        Assert.Equal(3, answers.Count);
        Assert.Null(answers[0].Control.Init.Error);
        Assert.Equal("1", answers[1].Data.Data.ToStringUtf8());
        Assert.Equal(1u, answers[2].Control.Finish.Metrics.BatchesOut);
    }

    private static byte[] Frame(UdfRequest message)
    {
        byte[] frame = new byte[FrameHeader.SizeBytes + message.CalculateSize()];
        new FrameHeader(message.CalculateSize()).Write(frame);
        message.WriteTo(frame.AsSpan(FrameHeader.SizeBytes));
        return frame;
    }
}
