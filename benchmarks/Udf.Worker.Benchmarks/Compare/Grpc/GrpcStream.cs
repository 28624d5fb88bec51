using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>
/// A bidirectional gRPC stream over a Unix domain socket, with the messages of this library: HTTP/2 of the framework on both sides, its windows large enough for what is measured. Owns the server's process.
/// One writer and one reader at a time.
/// </summary>
internal sealed class GrpcStream : IAsyncDisposable
{
    private const int WindowBytes = 16 * 1024 * 1024;

    private readonly Process _server;
    private readonly string _path;
    private readonly HttpClient _client;
    private readonly DuplexContent _content = new();
    private readonly byte[] _header = new byte[FrameHeader.SizeBytes];
    private readonly UdfRequest _request = new() { Data = new DataRequest() };
    private readonly ArrayBufferWriter<byte> _message = new();
    private HttpResponseMessage? _response;
    private Stream? _input;
    private Stream? _output;

    private GrpcStream(Process server, string path)
    {
        _server = server;
        _path = path;
        _client = new HttpClient(new SocketsHttpHandler
        {
            InitialHttp2StreamWindowSize = WindowBytes,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
    }

    /// <summary>Starts a server and opens the stream.</summary>
    internal static async Task<GrpcStream> StartAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), $"udf-bench-{Environment.ProcessId}-grpc.sock");
        File.Delete(path);
        string program = typeof(GrpcStream).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "GrpcPeerPath").Value!;
        var stream = new GrpcStream(ThisProgram.StartAndRead(out _, program, path), path);
        await stream.OpenAsync();
        return stream;
    }

    /// <summary>Sends a batch.</summary>
    internal async ValueTask SendAsync(ByteString batch)
    {
        _request.Data.Data = batch;
        int messageBytes = _request.CalculateSize();
        _message.ResetWrittenCount();
        new FrameHeader(messageBytes).Write(_message.GetSpan(FrameHeader.SizeBytes + messageBytes));
        _message.Advance(FrameHeader.SizeBytes);
        _request.WriteTo(_message);
        await _output!.WriteAsync(_message.WrittenMemory);
        await _output.FlushAsync();
    }

    /// <summary>Waits for a batch.</summary>
    internal async ValueTask<ByteString> ReceiveAsync()
    {
        await _input!.ReadExactlyAsync(_header);
        if (!FrameHeader.TryParse(_header, FrameLimit.Default, out FrameHeader header, out _))
        {
            throw new InvalidOperationException("The server sent a message that is too long.");
        }

        byte[] message = ArrayPool<byte>.Shared.Rent(header.MessageBytes);
        try
        {
            await _input!.ReadExactlyAsync(message.AsMemory(0, header.MessageBytes));
            return UdfResponse.Parser.ParseFrom(message, 0, header.MessageBytes).Data.Data;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _content.Complete();
        if (_input is not null && await _input.ReadAsync(_header) != 0)
        {
            throw new InvalidOperationException("The server sent more than it was asked for.");
        }

        _response?.Dispose();
        _client.Dispose();
        _server.StandardInput.Close();
        await _server.WaitForExitAsync();
        _server.Dispose();
        File.Delete(_path);
    }

    private async Task OpenAsync()
    {
        _content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, "http://peer/udf.Echo/Process")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _content,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        _response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        _response.EnsureSuccessStatusCode();
        _input = await _response.Content.ReadAsStreamAsync();
        _output = await _content.Stream;
    }
}
