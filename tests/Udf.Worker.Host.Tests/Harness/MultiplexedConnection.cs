using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Tests;

/// <summary>An engine's end of a multiplexed connection, at the level of frames.</summary>
internal sealed class MultiplexedConnection(WireConnection wire)
{
    internal WireConnection Wire => wire;

    internal Task SendAsync(uint stream, params UdfRequest[] requests) =>
        wire.SendAsync(requests.SelectMany(request => Frame(StreamFrameKind.Message, stream, request.ToByteArray())).ToArray());

    internal Task SendFrameAsync(StreamFrameKind kind, uint stream, byte[] content) => wire.SendAsync(Frame(kind, stream, content));

    internal Task SendWindowAsync(uint stream, uint bytes)
    {
        byte[] frame = new byte[13];
        StreamFrameHeader.WriteWindow(frame, stream, bytes);
        return wire.SendAsync(frame);
    }

    internal Task ResetAsync(uint stream, StreamResetCode code = StreamResetCode.NotWanted) => wire.SendAsync(new StreamReset(code, "from the test").ToFrame(stream));

    internal async Task<(StreamFrameHeader Header, byte[] Content)> FrameAsync()
    {
        byte[] header = await wire.ReceiveAsync(StreamFrameHeader.SizeBytes);
        Assert.Equal(StreamFrameHeader.SizeBytes, header.Length);
        Assert.True(StreamFrameHeader.TryParse(header, out StreamFrameHeader parsed, out _));
        return (parsed, await wire.ReceiveAsync(parsed.ContentBytes));
    }

    /// <summary>The next message of any stream; windows are passed over.</summary>
    internal async Task<(uint Stream, UdfResponse Response)> ResponseAsync()
    {
        while (true)
        {
            (StreamFrameHeader header, byte[] content) = await FrameAsync();
            if (header.Kind != StreamFrameKind.Window)
            {
                Assert.Equal(StreamFrameKind.Message, header.Kind);
                return (header.Stream, UdfResponse.Parser.ParseFrom(content));
            }
        }
    }

    internal async Task<UdfControlResponse> ControlAsync(uint stream, UdfControlResponse.ControlOneofCase kind)
    {
        (uint actual, UdfResponse response) = await ResponseAsync();
        Assert.Equal((stream, (UdfControlResponse.ControlOneofCase?)kind), (actual, response.Control?.ControlCase));
        return response.Control!;
    }

    internal async Task StartAsync(uint stream, string format, string payload = "", string id = "")
    {
        await SendAsync(stream, Requests.Init(format, payload, id));
        UdfControlResponse answer = await ControlAsync(stream, UdfControlResponse.ControlOneofCase.Init);
        Assert.Null(answer.Init.Error);
    }

    internal async Task ExpectDataAsync(uint stream, string batch)
    {
        (uint actual, UdfResponse response) = await ResponseAsync();
        Assert.Equal((stream, batch), (actual, response.Data?.Data.ToStringUtf8()));
    }

    internal async Task FinishAsync(uint stream)
    {
        await SendAsync(stream, Requests.Finish());
        await ControlAsync(stream, UdfControlResponse.ControlOneofCase.Finish);
    }

    internal async Task<StreamReset> ExpectResetAsync(uint stream)
    {
        (StreamFrameHeader header, byte[] content) = await FrameAsync();
        Assert.Equal((StreamFrameKind.Reset, stream), (header.Kind, header.Stream));
        return StreamReset.Parse(content);
    }

    internal static byte[] Frame(StreamFrameKind kind, uint stream, byte[] content)
    {
        byte[] frame = new byte[StreamFrameHeader.SizeBytes + content.Length];
        new StreamFrameHeader(kind, stream, content.Length).Write(frame);
        content.CopyTo(frame, StreamFrameHeader.SizeBytes);
        return frame;
    }
}
