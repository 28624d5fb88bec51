using System.Diagnostics;
using Udf.Worker.Benchmarks.Pools;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Sessions with one small batch, each after a pause: from its creation to the first result, on a worker that has served others and was idle.</summary>
internal sealed class WarmAcquire(SubjectDescription description) : Subject
{
    private readonly WorkerDispatcher _dispatcher = SessionDispatchers.Create(description);
    private readonly WorkerSessionOptions _options = SessionDispatchers.Options(description);

    internal override async Task StartAsync()
    {
        await OneAsync();
        await OneAsync();
    }

    internal override Task<TimeSpan> RunAsync(int count)
    {
        var times = new IdleTimes(count);
        for (int index = 0; index < count; index++)
        {
            Thread.Sleep(SubjectDescription.Pause);
            Task<TimeSpan> session = OneAsync();
            ((IAsyncResult)session).AsyncWaitHandle.WaitOne();
            times.Add(session.GetAwaiter().GetResult());
        }

        return Task.FromResult(times.Total);
    }

    public override ValueTask DisposeAsync() => _dispatcher.DisposeAsync();

    private async Task<TimeSpan> OneAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        await using WorkerSession session = await _dispatcher.CreateSessionAsync(_options);
        return await EchoSessions.EchoAsync(session, begun);
    }
}
