using System.Net.Sockets;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>One connection as the worker sees it: reads what the engine sends, writes what the test wants, right or wrong.</summary>
internal sealed class ScriptedConnection(ScriptedWorker worker, Stream stream, Socket? socket) : IDisposable
{
    public EnginePreface Preface { get; private set; }

    /// <summary>The longest frame that the worker says it takes.</summary>
    public uint MaxFrameBytes { get; set; } = 128 * 1024 * 1024;

    public Stream Stream => stream;

    public async Task ReadPrefaceAsync()
    {
        byte[] bytes = new byte[EnginePreface.SizeBytes];
        await stream.ReadExactlyAsync(bytes);
        Assert.True(EnginePreface.TryParse(bytes, out EnginePreface preface));
        Assert.True(preface.VerifyMac(worker.Token));
        Preface = preface;
    }

    public byte[] CreateAnswer(PrefaceStatus status = PrefaceStatus.Accepted, WorkerToken? token = null, byte version = 1, ushort features = 0)
    {
        byte[] answer = new byte[WorkerPreface.SizeBytes];
        WorkerPreface.Create(Preface, version, status, features, MaxFrameBytes, token ?? worker.Token).Write(answer);
        return answer;
    }

    public Task AnswerAsync(PrefaceStatus status = PrefaceStatus.Accepted) => WriteAsync(CreateAnswer(status));

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes);

    /// <summary>The next frame's message; <see langword="null"/> at the end of the stream, however it ends.</summary>
    public async Task<byte[]?> ReadFrameAsync()
    {
        try
        {
            byte[] header = new byte[FrameHeader.SizeBytes];
            if (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false) < header.Length)
            {
                return null;
            }

            Assert.True(FrameHeader.TryParse(header, FrameLimit.Default, out FrameHeader parsed, out _));
            byte[] message = new byte[parsed.MessageBytes];
            await stream.ReadExactlyAsync(message);
            return message;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    public async Task<UdfRequest?> ReadAsync() => await ReadFrameAsync() is { } message ? UdfRequest.Parser.ParseFrom(message) : null;

    /// <summary>Reads the next request, which must be of this kind.</summary>
    public async Task<UdfControlRequest> ReadControlAsync(UdfControlRequest.ControlOneofCase kind)
    {
        UdfRequest? request = await ReadAsync();
        Assert.NotNull(request);
        Assert.Equal(UdfRequest.RequestOneofCase.Control, request.RequestCase);
        Assert.Equal(kind, request.Control.ControlCase);
        return request.Control;
    }

    public async Task<byte[]> ReadBatchAsync()
    {
        UdfRequest? request = await ReadAsync();
        Assert.NotNull(request);
        Assert.Equal(UdfRequest.RequestOneofCase.Data, request.RequestCase);
        return request.Data.Data.ToByteArray();
    }

    /// <summary>Reads and drops until the engine sends this, or the stream ends.</summary>
    public async Task<UdfControlRequest?> ReadUntilAsync(UdfControlRequest.ControlOneofCase kind)
    {
        while (await ReadAsync() is { } request)
        {
            if (request.Control?.ControlCase == kind)
            {
                return request.Control;
            }
        }

        return null;
    }

    public async Task<Init> AcceptInitAsync(byte[]? data = null)
    {
        Init init = (await ReadControlAsync(UdfControlRequest.ControlOneofCase.Init)).Init;
        await SendInitResponseAsync(data);
        return init;
    }

    public Task SendInitResponseAsync(byte[]? data = null, ExecutionError? error = null)
    {
        var response = new InitResponse { Error = error };
        if (data is not null)
        {
            response.Data = ByteString.CopyFrom(data);
        }

        return SendAsync(new UdfControlResponse { Init = response });
    }

    public Task SendFinishAsync(FinishResponse? response = null) => SendAsync(new UdfControlResponse { Finish = response ?? new FinishResponse() });

    public Task SendCancelledAsync(CancelResponse? response = null) => SendAsync(new UdfControlResponse { Cancel = response ?? new CancelResponse() });

    public Task SendErrorAsync(ExecutionError error) => SendAsync(new UdfControlResponse { Error = new ErrorResponse { Error = error } });

    public Task SendAsync(UdfControlResponse control) => SendMessageAsync(new UdfResponse { Control = control });

    public Task SendMessageAsync(IMessage message) => WriteAsync(Wire.Frame(message.ToByteArray()));

    public Task SendBatchAsync(ReadOnlyMemory<byte> payload) => WriteAsync(Wire.Batch(payload.Span));

    /// <summary>Takes part in executions as an orderly worker with one blocking loop does, until the engine closes the connection.</summary>
    /// <param name="answer">What comes back for a batch.</param>
    /// <param name="isRunning">Whether the test has answered an init by itself.</param>
    public async Task ServeAsync(Func<byte[], IEnumerable<byte[]>> answer, bool isRunning = false)
    {
        try
        {
            while (await ReadAsync() is { } request)
            {
                if (request.RequestCase == UdfRequest.RequestOneofCase.Data)
                {
                    foreach (byte[] result in answer(request.Data.Data.ToByteArray()))
                    {
                        await SendBatchAsync(result);
                    }

                    continue;
                }

                switch (request.Control.ControlCase)
                {
                    case UdfControlRequest.ControlOneofCase.Init:
                        isRunning = true;
                        if (!request.Control.Init.IsChunkingPayload)
                        {
                            await SendInitResponseAsync(request.Control.Init.Udf.Payload.ToByteArray());
                        }

                        break;
                    case UdfControlRequest.ControlOneofCase.Payload:
                        if (request.Control.Payload.Last)
                        {
                            await SendInitResponseAsync();
                        }

                        break;
                    case UdfControlRequest.ControlOneofCase.Finish:
                        isRunning = false;
                        await SendFinishAsync();
                        break;
                    case UdfControlRequest.ControlOneofCase.Cancel:
                        if (isRunning)
                        {
                            isRunning = false;
                            await SendCancelledAsync();
                        }

                        break;
                    case UdfControlRequest.ControlOneofCase.None:
                    default:
                        throw new InvalidOperationException($"Unexpected request {request}.");
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The engine has closed the connection: the same as Cancel, with nothing sent back.
        }
    }

    public void EndWriting()
    {
        if (stream is DuplexStream memory)
        {
            memory.EndWriting();
        }
        else
        {
            socket!.Shutdown(SocketShutdown.Send);
        }
    }

    public void Dispose() => stream.Dispose();
}
