using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Benchmarks.Frames;

/// <summary>What does it cost to make a batch a frame?</summary>
/// <remarks>
/// The prefix is written by hand and the payload is not touched: its cost must not depend on the size. The baseline makes the same frame with the protobuf library, which copies the payload.
/// Sensitive to the code of <see cref="DataMessage"/>; blind to sockets, to system calls and to whether the payload is in a cache when the kernel copies it.
/// </remarks>
[MemoryDiagnoser]
public class FrameEncodeBenchmark
{
    private byte[] _payload = [];
    private byte[] _frame = [];

    /// <summary>Bytes of the payload.</summary>
    [Params(64, 64 * 1024, 1024 * 1024)]
    public int PayloadBytes { get; set; }

    /// <summary>Makes the payload, and checks that both ways make a frame from which the same payload comes back.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _payload = TestPayload.Create(PayloadBytes);
        _frame = new byte[DataMessage.LongFramePrefixBytes + PayloadBytes];
        Check(Protobuf());
        int prefixBytes = Prefix();
        _payload.CopyTo(_frame, prefixBytes);
        Check(prefixBytes + PayloadBytes);
    }

    /// <summary>The frame as the protobuf library writes it.</summary>
    /// <returns>The length of the frame.</returns>
    [Benchmark(Baseline = true)]
    public int Protobuf()
    {
        var request = new UdfRequest { Data = new DataRequest { Data = UnsafeByteOperations.UnsafeWrap(_payload) } };
        int messageBytes = request.CalculateSize();
        new FrameHeader(messageBytes).Write(_frame);
        request.WriteTo(_frame.AsSpan(FrameHeader.SizeBytes, messageBytes));
        return FrameHeader.SizeBytes + messageBytes;
    }

    /// <summary>What stands before the payload, as the library writes it.</summary>
    /// <returns>The length of it.</returns>
    [Benchmark]
    public int Prefix() => DataMessage.WriteFramePrefix(_frame, PayloadBytes);

    private void Check(int frameBytes)
    {
        UdfRequest request = UdfRequest.Parser.ParseFrom(_frame.AsSpan(FrameHeader.SizeBytes..frameBytes));
        TestPayload.Check(request.Data.Data.Span, _payload);
    }
}
