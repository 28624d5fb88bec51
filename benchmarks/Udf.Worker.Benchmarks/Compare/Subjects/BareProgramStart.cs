using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>A program for each message that reads it from a socket through a pipe, as protobuf, and answers: from its start to the answer. Its end is not in the time.</summary>
internal sealed class BareProgramStart(SubjectDescription description) : Subject
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"udf-bench-{Environment.ProcessId}-bare.sock");
    private readonly byte[] _payload = TestPayload.Create(description.PayloadBytes);
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal override Task StartAsync()
    {
        File.Delete(_path);
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
        return RunAsync(1);
    }

    internal override Task<TimeSpan> RunAsync(int count)
    {
        TimeSpan total = TimeSpan.Zero;
        for (int index = 0; index < count; index++)
        {
            total += RunOne();
        }

        return Task.FromResult(total);
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        File.Delete(_path);
        return default;
    }

    private TimeSpan RunOne()
    {
        var start = new ProcessStartInfo("dotnet");
        start.ArgumentList.Add(description.ProgramPath!);
        start.ArgumentList.Add(_path);
        long begun = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        using (var stream = new NetworkStream(_listener.Accept(), ownsSocket: true))
        {
            // Small enough to come in one piece, which the program does not rely on.
            var request = new UdfRequest { Data = new DataRequest { Data = UnsafeByteOperations.UnsafeWrap(_payload) } };
            byte[] message = request.ToByteArray();
            byte[] header = new byte[FrameHeader.SizeBytes];
            new FrameHeader(message.Length).Write(header);
            stream.Write([.. header, .. message]);
            stream.ReadExactly(header);
            message = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
            stream.ReadExactly(message);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
            TestPayload.Check(UdfResponse.Parser.ParseFrom(message).Data.Data.Span, _payload);
            stream.Dispose();
            process.WaitForExit();
            return elapsed;
        }
    }
}
