using System.Diagnostics;
using Google.Protobuf;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Messages there and back on a gRPC stream, pipelined: one task sends, another receives.</summary>
internal sealed class GrpcEcho(SubjectDescription description) : Subject
{
    private readonly ByteString _payload = ByteString.CopyFrom(TestPayload.Create(description.PayloadBytes));
    private GrpcStream? _stream;

    internal override async Task StartAsync()
    {
        _stream = await GrpcStream.StartAsync();
        await _stream.SendAsync(_payload);
        TestPayload.Check((await _stream.ReceiveAsync()).Span, _payload.Span);
    }

    internal override async Task<TimeSpan> RunAsync(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        Task sending = Task.Run(() => SendAsync(count));
        for (int index = 0; index < count; index++)
        {
            await _stream!.ReceiveAsync();
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
        await sending;
        return elapsed;
    }

    public override ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? default;

    private async Task SendAsync(int count)
    {
        for (int index = 0; index < count; index++)
        {
            await _stream!.SendAsync(_payload);
        }
    }
}
