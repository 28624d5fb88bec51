using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>The worker's end of a multiplexed connection: what the test writes is what is sent.</summary>
internal sealed class MultiplexedWire(ScriptedConnection connection)
{
    public ScriptedConnection Connection => connection;

    /// <summary>The next frame; <see langword="null"/> at the end of the stream.</summary>
    public async Task<(StreamFrameHeader Header, byte[] Content)?> ReadFrameAsync()
    {
        try
        {
            byte[] bytes = new byte[StreamFrameHeader.SizeBytes];
            if (await connection.Stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false).AsTask().DefaultTimeout() < bytes.Length)
            {
                return null;
            }

            Assert.True(StreamFrameHeader.TryParse(bytes, out StreamFrameHeader header, out _));
            byte[] content = new byte[header.ContentBytes];
            await connection.Stream.ReadExactlyAsync(content).AsTask().DefaultTimeout();
            return (header, content);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>The next message that fits one frame; window frames are passed over.</summary>
    public async Task<(uint Stream, UdfRequest Request)> ReadAsync()
    {
        while (true)
        {
            (StreamFrameHeader Header, byte[] Content)? frame = await ReadFrameAsync();
            Assert.NotNull(frame);
            if (frame.Value.Header.Kind != StreamFrameKind.Window)
            {
                Assert.Equal(StreamFrameKind.Message, frame.Value.Header.Kind);
                return (frame.Value.Header.Stream, UdfRequest.Parser.ParseFrom(frame.Value.Content));
            }
        }
    }

    /// <summary>Reads the next message, which must be of this kind and stream.</summary>
    public async Task<UdfControlRequest> ReadControlAsync(uint stream, UdfControlRequest.ControlOneofCase kind)
    {
        (uint actual, UdfRequest request) = await ReadAsync();
        Assert.Equal((stream, (UdfControlRequest.ControlOneofCase?)kind), (actual, request.Control?.ControlCase));
        return request.Control!;
    }

    /// <summary>Reads <c>Init</c> of a stream and accepts it.</summary>
    public async Task AcceptAsync(uint stream)
    {
        await ReadControlAsync(stream, UdfControlRequest.ControlOneofCase.Init);
        await SendAsync(stream, new UdfControlResponse { Init = new InitResponse() });
    }

    public Task SendAsync(uint stream, UdfControlResponse control) => SendAsync(StreamFrameKind.Message, stream, new UdfResponse { Control = control }.ToByteArray());

    public Task SendBatchAsync(uint stream, byte[] payload) => SendAsync(StreamFrameKind.Message, stream, Batch(payload));

    public Task SendAsync(StreamFrameKind kind, uint stream, byte[] content) => connection.WriteAsync(Frame(kind, stream, content));

    public Task SendWindowAsync(uint stream, uint bytes)
    {
        byte[] frame = new byte[13];
        StreamFrameHeader.WriteWindow(frame, stream, bytes);
        return connection.WriteAsync(frame);
    }

    public Task ResetAsync(uint stream, StreamResetCode code, string reason) => connection.WriteAsync(new StreamReset(code, reason).ToFrame(stream));

    internal static byte[] Batch(byte[] payload) => new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFrom(payload) } }.ToByteArray();

    internal static byte[] Frame(StreamFrameKind kind, uint stream, byte[] content)
    {
        byte[] frame = new byte[StreamFrameHeader.SizeBytes + content.Length];
        new StreamFrameHeader(kind, stream, content.Length).Write(frame);
        content.CopyTo(frame, StreamFrameHeader.SizeBytes);
        return frame;
    }
}
