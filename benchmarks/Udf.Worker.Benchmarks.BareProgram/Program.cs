using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;
using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

// The least that a program must do to answer a batch: connects to the Unix domain socket that its argument names, reads messages through a pipe, as protobuf with a length before each, sends each back, and ends with the connection.
const int HeaderBytes = 5;
var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
socket.Connect(new UnixDomainSocketEndPoint(args[0]));
var stream = new NetworkStream(socket, ownsSocket: true);
var input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 64 * 1024));
while (true)
{
    ReadResult result = await input.ReadAsync();
    ReadOnlySequence<byte> received = result.Buffer;
    while (TryRead(ref received, out UdfRequest? request))
    {
        Write(new UdfResponse { Data = new DataResponse { Data = request!.Data.Data } });
        await output.FlushAsync();
    }

    input.AdvanceTo(received.Start, received.End);
    if (result.IsCompleted)
    {
        return;
    }
}

static bool TryRead(ref ReadOnlySequence<byte> received, out UdfRequest? request)
{
    request = null;
    Span<byte> header = stackalloc byte[HeaderBytes];
    if (received.Length < HeaderBytes)
    {
        return false;
    }

    received.Slice(0, HeaderBytes).CopyTo(header);
    int messageBytes = BinaryPrimitives.ReadInt32BigEndian(header[1..]);
    if (received.Length < HeaderBytes + messageBytes)
    {
        return false;
    }

    request = UdfRequest.Parser.ParseFrom(received.Slice(HeaderBytes, messageBytes));
    received = received.Slice(HeaderBytes + messageBytes);
    return true;
}

void Write(UdfResponse response)
{
    Span<byte> header = output.GetSpan(HeaderBytes);
    header[0] = 0;
    BinaryPrimitives.WriteInt32BigEndian(header[1..], response.CalculateSize());
    output.Advance(HeaderBytes);
    response.WriteTo(output);
}
