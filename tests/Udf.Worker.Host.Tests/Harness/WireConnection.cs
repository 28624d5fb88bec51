using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Tests;

/// <summary>An engine at the level of bytes: what a test sends is what is sent. Every wait has a limit, which only a defect reaches.</summary>
internal sealed class WireConnection(Stream stream, Socket? socket) : IDisposable
{
    internal static readonly TimeSpan SafetyLimit = TimeSpan.FromSeconds(20);

    internal async Task SendAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes).AsTask().WaitAsync(SafetyLimit);

    /// <summary>Ends the engine's direction; only on a socket.</summary>
    internal void ShutdownSend() => socket!.Shutdown(SocketShutdown.Send);

    internal async Task SendFrameAsync(params byte[][] messages)
    {
        using MemoryStream frames = new();
        foreach (byte[] message in messages)
        {
            byte[] header = new byte[FrameHeader.SizeBytes];
            new FrameHeader(message.Length).Write(header);
            frames.Write(header);
            frames.Write(message);
        }

        await SendAsync(frames.ToArray());
    }

    internal Task SendAsync(params IMessage[] messages) => SendFrameAsync([.. messages.Select(message => message.ToByteArray())]);

    /// <summary>So many bytes, fewer if the stream ends.</summary>
    internal async Task<byte[]> ReceiveAsync(int count)
    {
        byte[] bytes = new byte[count];
        int received = await stream.ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false).AsTask().WaitAsync(SafetyLimit);
        return bytes[..received];
    }

    internal async Task<byte[]> ReceiveMessageAsync()
    {
        byte[] header = await ReceiveAsync(FrameHeader.SizeBytes);
        Assert.Equal(FrameHeader.SizeBytes, header.Length);
        Assert.True(FrameHeader.TryParse(header, FrameLimit.Default, out FrameHeader parsed, out _));
        byte[] message = await ReceiveAsync(parsed.MessageBytes);
        Assert.Equal(parsed.MessageBytes, message.Length);
        return message;
    }

    internal async Task<UdfResponse> ResponseAsync() => UdfResponse.Parser.ParseFrom(await ReceiveMessageAsync());

    internal async Task<WorkerResponse> AskAsync(WorkerRequest request)
    {
        await SendAsync(request);
        return WorkerResponse.Parser.ParseFrom(await ReceiveMessageAsync());
    }

    /// <summary>Nothing more comes but the end of the stream.</summary>
    internal async Task ExpectEndAsync() => Assert.Empty(await ReceiveAsync(1));

    internal async Task<WorkerPreface> GreetAsync(ConnectionRole role, WorkerToken? token, byte version = ProtocolVersion.Highest)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(EnginePreface.NonceBytes);
        var preface = EnginePreface.Create(version, role, 0, nonce, token);
        byte[] bytes = new byte[EnginePreface.SizeBytes];
        preface.Write(bytes);
        await SendAsync(bytes);
        Assert.True(WorkerPreface.TryParse(await ReceiveAsync(WorkerPreface.SizeBytes), out WorkerPreface answer));
        return answer;
    }

    internal async Task<InitResponse> InitAsync(string format, string payload = "", string id = "")
    {
        await SendAsync(Requests.Init(format, payload, id));
        UdfResponse response = await ResponseAsync();
        Assert.Equal(UdfControlResponse.ControlOneofCase.Init, response.Control?.ControlCase);
        return response.Control!.Init;
    }

    internal async Task StartAsync(string format, string payload = "", string id = "")
    {
        InitResponse answer = await InitAsync(format, payload, id);
        Assert.Null(answer.Error);
    }

    internal async Task ExpectDataAsync(params string[] batches)
    {
        foreach (string batch in batches)
        {
            UdfResponse response = await ResponseAsync();
            Assert.Equal(UdfResponse.ResponseOneofCase.Data, response.ResponseCase);
            Assert.Equal(batch, response.Data.Data.ToStringUtf8());
        }
    }

    internal async Task<ExecutionError> ExpectErrorAsync()
    {
        UdfResponse response = await ResponseAsync();
        Assert.Equal(UdfControlResponse.ControlOneofCase.Error, response.Control?.ControlCase);
        return response.Control!.Error.Error;
    }

    internal async Task<FinishResponse> ExpectFinishAsync()
    {
        UdfResponse response = await ResponseAsync();
        Assert.Equal(UdfControlResponse.ControlOneofCase.Finish, response.Control?.ControlCase);
        return response.Control!.Finish;
    }

    internal async Task<CancelResponse> ExpectCancelAsync()
    {
        UdfResponse response = await ResponseAsync();
        Assert.Equal(UdfControlResponse.ControlOneofCase.Cancel, response.Control?.ControlCase);
        return response.Control!.Cancel;
    }

    internal async Task<FinishResponse> FinishAsync()
    {
        await SendAsync(Requests.Finish());
        return await ExpectFinishAsync();
    }

    internal async Task<CancelResponse> CancelAsync(string? reason = null)
    {
        await SendAsync(Requests.Cancel(reason));
        return await ExpectCancelAsync();
    }

    /// <summary>The connection is idle and takes the next execution.</summary>
    internal async Task ExpectUsableAsync()
    {
        InitResponse answer = await InitAsync("udf.echo", "again");
        Assert.Equal("again", answer.Data.ToStringUtf8());
        await SendAsync(Requests.Data("batch"));
        await ExpectDataAsync("batch");
        FinishResponse end = await FinishAsync();
        Assert.Null(end.Error);
    }

    public void Dispose() => stream.Dispose();
}
