using System.Diagnostics;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Messages there and back on blocking sockets, pipelined: a thread sends, another receives.</summary>
internal sealed class SocketEcho(SubjectDescription description) : Subject
{
    private readonly byte[] _frame = SocketMessages.CreateFrame(description.PayloadBytes);
    private byte[] _answer = [];
    private RawEcho? _raw;

    internal override Task StartAsync()
    {
        _answer = new byte[_frame.Length];
        _raw = description.IsTcp ? RawEcho.OverTcp(_frame.Length) : RawEcho.OverUnixDomainSocket(_frame.Length);
        Run(2);
        TestPayload.Check(_answer, _frame);
        return Task.CompletedTask;
    }

    internal override Task<TimeSpan> RunAsync(int count) => Task.FromResult(Run(count));

    public override ValueTask DisposeAsync()
    {
        _raw?.Dispose();
        return default;
    }

    private TimeSpan Run(int count)
    {
        var sender = new Thread(() => Send(count));
        long begun = Stopwatch.GetTimestamp();
        sender.Start();
        for (int index = 0; index < count; index++)
        {
            _raw!.Receive(_answer);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
        sender.Join();
        return elapsed;
    }

    private void Send(int count)
    {
        for (int index = 0; index < count; index++)
        {
            _raw!.Send(_frame);
        }
    }
}
