using BenchmarkDotNet.Attributes;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Benchmarks.Frames;

/// <summary>What does it cost to find a batch in the bytes that a socket delivers, and to own it?</summary>
/// <remarks>
/// Both ways get their bytes by a copy, which stands for that of the kernel. The assembler then gives the payload in a pooled, aligned buffer; the baseline parses the message with the protobuf
/// library out of one reused array. Sensitive to copies and to the pool, and, from 64 KiB up, to the size of the caches; blind to system calls and to the wake-up of threads,
/// which is what a small batch costs in truth.
/// </remarks>
[MemoryDiagnoser]
public class FrameDecodeBenchmark
{
    private byte[] _payload = [];
    private byte[] _message = [];
    private RepeatedFrame _socket = new([0], 1);
    private FrameAssembler _assembler = new(FrameLimit.Default, AlignedBufferPool.Shared);

    /// <summary>Bytes of the payload.</summary>
    [Params(64, 64 * 1024, 1024 * 1024)]
    public int PayloadBytes { get; set; }

    /// <summary>Makes the stream of frames, and checks that both ways find the payload in it, the second time as the first.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _payload = TestPayload.Create(PayloadBytes);
        byte[] frame = new byte[DataMessage.GetFramePrefixBytes(PayloadBytes) + PayloadBytes];
        int prefixBytes = DataMessage.WriteFramePrefix(frame, PayloadBytes);
        _payload.CopyTo(frame, prefixBytes);
        _socket = new RepeatedFrame(frame, FrameAssembler.WindowBytes);
        _message = new byte[frame.Length - FrameHeader.SizeBytes];
        for (int round = 0; round < 2; round++)
        {
            TestPayload.Check(Parse().Data.Data.Span, _payload);
        }

        _assembler.Dispose();
        _assembler = new FrameAssembler(FrameLimit.Default, AlignedBufferPool.Shared);
        for (int round = 0; round < 2; round++)
        {
            using AlignedBuffer buffer = Take();
            TestPayload.Check(buffer.Memory.Span, _payload);
        }
    }

    /// <summary>Lets the buffers go.</summary>
    [GlobalCleanup]
    public void Cleanup() => _assembler.Dispose();

    /// <summary>The protobuf library parses the message.</summary>
    /// <returns>The length of the payload.</returns>
    [Benchmark(Baseline = true)]
    public int Protobuf() => Parse().Data.Data.Length;

    /// <summary>The assembler takes the frame apart.</summary>
    /// <returns>The length of the payload.</returns>
    [Benchmark]
    public int Assembler()
    {
        using AlignedBuffer buffer = Take();
        return buffer.Length;
    }

    private UdfResponse Parse()
    {
        _socket.CopyMessage(_message);
        return UdfResponse.Parser.ParseFrom(_message);
    }

    private AlignedBuffer Take()
    {
        ReceivedFrame frame;
        while (!_assembler.TryTake(out frame))
        {
            _assembler.Commit(_socket.Receive(_assembler.Free.Span));
        }

        return frame.Kind == FrameKind.Data ? frame.Buffer! : throw new InvalidOperationException($"The assembler made a frame of kind {frame.Kind} from a batch.");
    }
}
