using Google.Protobuf;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Protocol.Tests.Executions;
using Kind = Udf.Worker.Protocol.StreamMessageKind;

namespace Udf.Worker.Protocol.Tests.Multiplexing;

public class StreamMessagesTests
{
    public static TheoryData<byte[], StreamDirection, Kind> Messages => new()
    {
        { Requests.Init().ToByteArray(), StreamDirection.Requests, Kind.Init },
        { Requests.Init(change: init => init.InputSchema = ByteString.CopyFrom(new byte[5000])).ToByteArray(), StreamDirection.Requests, Kind.Init },
        { Requests.Chunk().ToByteArray(), StreamDirection.Requests, Kind.Chunk },
        { Requests.Data().ToByteArray(), StreamDirection.Requests, Kind.Data },
        { new UdfRequest { Data = new DataRequest() }.ToByteArray(), StreamDirection.Requests, Kind.Data },
        { Requests.Finish().ToByteArray(), StreamDirection.Requests, Kind.Control },
        { Requests.Cancel().ToByteArray(), StreamDirection.Requests, Kind.Cancellation },
        { new UdfRequest { Control = new UdfControlRequest() }.ToByteArray(), StreamDirection.Requests, Kind.Control },
        { [], StreamDirection.Requests, Kind.Control },
        { [0x1A, 0], StreamDirection.Requests, Kind.Unusual },
        { [0x92, 0, 0], StreamDirection.Requests, Kind.Unusual },
        { [0x0A, 0, 0x12], StreamDirection.Requests, Kind.Unusual },
        { [0x0A, 2, 0x32, 0], StreamDirection.Requests, Kind.Unusual },
        { [0x12, 0xFF, 0xFF], StreamDirection.Requests, Kind.Unusual },
        { [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], StreamDirection.Requests, Kind.Unusual },
        { Response(new UdfControlResponse { Init = new InitResponse { Data = ByteString.CopyFrom(new byte[70_000]) } }), StreamDirection.Responses, Kind.Control },
        { Response(new UdfControlResponse { Finish = new FinishResponse() }), StreamDirection.Responses, Kind.Control },
        { Response(new UdfControlResponse { Cancel = new CancelResponse() }), StreamDirection.Responses, Kind.Cancellation },
        { Response(new UdfControlResponse { Error = new ErrorResponse() }), StreamDirection.Responses, Kind.Control },
        { new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFromUtf8("x") } }.ToByteArray(), StreamDirection.Responses, Kind.Data },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Classify_WholeMessage_TellsWhatItIs(byte[] message, StreamDirection direction, Kind kind) =>
        Assert.Equal(kind, StreamMessages.Classify(message, isWhole: true, direction, out _));

    [Theory]
    [MemberData(nameof(Messages))]
    public void Classify_ItsFirstBytes_SayTheSameOrNothingYet(byte[] message, StreamDirection direction, Kind kind)
    {
        for (int count = 0; count < message.Length; count++)
        {
            Kind seen = StreamMessages.Classify(message.AsSpan(0, count), isWhole: false, direction, out long declared);
            Assert.Contains(seen, new[] { kind, Kind.Undecided });
            Assert.True(seen == kind || count < StreamMessages.MaxPrefixBytes);
            Assert.True(seen is Kind.Undecided or Kind.Unusual || declared == message.Length);
        }
    }

    [Theory]
    [InlineData(Kind.Data, true)]
    [InlineData(Kind.Init, true)]
    [InlineData(Kind.Chunk, true)]
    [InlineData(Kind.Unusual, true)]
    [InlineData(Kind.Control, false)]
    [InlineData(Kind.Cancellation, false)]
    public void Costs_OnlyWhatCanBeMuch(Kind kind, bool costs) => Assert.Equal(costs, StreamMessages.Costs(kind));

    [Fact]
    public void Costs_Undecided_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => StreamMessages.Costs(Kind.Undecided));

    private static byte[] Response(UdfControlResponse control) => new UdfResponse { Control = control }.ToByteArray();
}
