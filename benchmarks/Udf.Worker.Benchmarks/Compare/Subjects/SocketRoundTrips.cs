using System.Diagnostics;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Messages there and back on blocking sockets, one at a time.</summary>
internal sealed class SocketRoundTrips(SubjectDescription description) : Subject
{
    private readonly byte[] _frame = SocketMessages.CreateFrame(description.PayloadBytes);
    private readonly TimeSpan _pause = description.Kind == SubjectKind.RoundTrip ? TimeSpan.Zero : SubjectDescription.Pause;
    private byte[] _answer = [];
    private RawEcho? _raw;

    internal override Task StartAsync()
    {
        _answer = new byte[_frame.Length];
        _raw = description.IsTcp ? RawEcho.OverTcp(_frame.Length) : RawEcho.OverUnixDomainSocket(_frame.Length);
        _raw.RoundTrip(_frame, _answer);
        TestPayload.Check(_answer, _frame);
        return Task.CompletedTask;
    }

    internal override Task<TimeSpan> RunAsync(int count) => Task.FromResult(_pause == TimeSpan.Zero ? Run(count) : RunIdle(count));

    public override ValueTask DisposeAsync()
    {
        _raw?.Dispose();
        return default;
    }

    private TimeSpan Run(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        for (int index = 0; index < count; index++)
        {
            _raw!.RoundTrip(_frame, _answer);
        }

        return Stopwatch.GetElapsedTime(begun);
    }

    private TimeSpan RunIdle(int count)
    {
        var times = new IdleTimes(count);
        for (int index = 0; index < count; index++)
        {
            Thread.Sleep(_pause);
            long begun = Stopwatch.GetTimestamp();
            _raw!.RoundTrip(_frame, _answer);
            times.Add(Stopwatch.GetElapsedTime(begun));
        }

        return times.Total;
    }
}
