using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Benchmarks.GrpcPeer;

/// <summary>One gRPC call: takes messages apart and sends the batch of each back in a message of its own, as they come.</summary>
internal static class EchoStream
{
    private const int HeaderBytes = 5;

    internal static async Task ServeAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", "0");

        // Clients wait for the headers before they send.
        await context.Response.StartAsync();
        await context.Response.BodyWriter.FlushAsync();
        PipeReader input = context.Request.BodyReader;
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            ReadOnlySequence<byte> received = result.Buffer;
            while (TryRead(ref received, out UdfRequest? request))
            {
                Write(context.Response.BodyWriter, new UdfResponse { Data = new DataResponse { Data = request!.Data.Data } });
                await context.Response.BodyWriter.FlushAsync();
            }

            input.AdvanceTo(received.Start, received.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static bool TryRead(ref ReadOnlySequence<byte> received, out UdfRequest? request)
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

    private static void Write(PipeWriter output, UdfResponse response)
    {
        Span<byte> header = output.GetSpan(HeaderBytes);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], response.CalculateSize());
        output.Advance(HeaderBytes);
        response.WriteTo(output);
    }
}
