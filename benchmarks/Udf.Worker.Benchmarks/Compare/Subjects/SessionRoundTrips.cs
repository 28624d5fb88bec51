using System.Diagnostics;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Batches there and back through a session on a warm worker, one at a time.</summary>
internal sealed class SessionRoundTrips(SubjectDescription description) : Subject
{
    private readonly byte[] _payload = TestPayload.Create(description.PayloadBytes);
    private readonly TimeSpan _pause = description.Kind == SubjectKind.RoundTrip ? TimeSpan.Zero : SubjectDescription.Pause;
    private WorkerEcho? _echo;

    internal override async Task StartAsync()
    {
        _echo = await WorkerEcho.StartAsync(SessionDispatchers.Create(description), _payload, SessionDispatchers.Options(description));
        for (int round = 0; round < 2; round++)
        {
            await RoundTripAsync();
            TestPayload.Check(_echo.Answer, _payload);
        }
    }

    internal override Task<TimeSpan> RunAsync(int count) => _pause == TimeSpan.Zero ? RunBusyAsync(count) : Task.FromResult(RunIdle(count));

    public override ValueTask DisposeAsync() => _echo?.DisposeAsync() ?? default;

    private async Task<TimeSpan> RunBusyAsync(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        for (int index = 0; index < count; index++)
        {
            if (!await _echo!.RoundTripAsync())
            {
                throw new InvalidOperationException("The worker ended the stream instead of answering.");
            }
        }

        return Stopwatch.GetElapsedTime(begun);
    }

    private TimeSpan RunIdle(int count)
    {
        var times = new IdleTimes(count);
        for (int index = 0; index < count; index++)
        {
            Thread.Sleep(_pause);
            Task<TimeSpan> roundTrip = RoundTripAsync();
            ((IAsyncResult)roundTrip).AsyncWaitHandle.WaitOne();
            times.Add(roundTrip.GetAwaiter().GetResult());
        }

        return times.Total;
    }

    /// <summary>The time ends where the code goes on that has awaited the answer.</summary>
    private Task<TimeSpan> RoundTripAsync() => RunBusyAsync(1);
}
