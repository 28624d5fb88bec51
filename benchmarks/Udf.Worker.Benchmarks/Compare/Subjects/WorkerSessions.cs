using System.Diagnostics;
using Udf.Worker.Benchmarks.Sessions;
using Udf.Worker.Transport;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Small batches there and back, one at a time in each of many sessions on one warm worker: with a connection each, or on a shared one.</summary>
internal sealed class WorkerSessions(SubjectDescription description) : Subject
{
    private ManySessions? _sessions;

    internal override int SessionCount => description.SessionCount;

    internal override async Task StartAsync()
    {
        // The default lets sessions share that say that their batches are small.
        MultiplexingMode mode = description.Method == SubjectMethod.SessionShared ? MultiplexingMode.SmallBatches : MultiplexingMode.Never;
        _sessions = await ManySessions.StartAsync(description.SessionCount, TestPayload.Create(description.PayloadBytes), mode);
        for (int round = 0; round < 2; round++)
        {
            await _sessions.RoundTripsAsync(1);
            _sessions.Check();
        }
    }

    internal override async Task<TimeSpan> RunAsync(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        await _sessions!.RoundTripsAsync(count);
        return Stopwatch.GetElapsedTime(begun);
    }

    public override ValueTask DisposeAsync() => _sessions?.DisposeAsync() ?? default;
}
