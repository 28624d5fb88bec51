using System.Globalization;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>
/// Prints how long callers wait for a worker when there are twice as many as workers, and whether they are served alike. Each keeps what it got for about 5 ms and comes back at once. The baseline is a
/// <see cref="SemaphoreSlim"/> in the same process, with the same callers and the same timer.
/// </summary>
/// <remarks>
/// With as many callers waiting as are served, each waits about as long as one is served: what the pool adds is the difference to the semaphore. The timer adds up to a millisecond to the 5.
/// </remarks>
internal static class FairnessRun
{
    internal const string Mode = "fairness";

    private const int WorkerCount = 8;
    private const int CallerCount = 2 * WorkerCount;
    private const int DefaultSeconds = 10;

    private static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    internal static async Task RunAsync(string[] args)
    {
        var time = TimeSpan.FromSeconds(args is [string number] ? int.Parse(number, CultureInfo.InvariantCulture) : DefaultSeconds);
        using var timer = new HoldTimer(Hold);
        using var semaphore = new SemaphoreSlim(WorkerCount, WorkerCount);
        await using UdsWorkerDispatcher dispatcher = EchoSessions.Reusing(WorkerCount);
        await dispatcher.WarmUpAsync(WorkerCount);
        Func<Task<TimeSpan>> enter = () => EnterAsync(semaphore, timer);
        Func<Task<TimeSpan>> open = () => OpenAsync(dispatcher, timer, echoes: false);
        Func<Task<TimeSpan>> echo = () => OpenAsync(dispatcher, timer, echoes: true);

        Console.WriteLine(FormattableString.Invariant($"{CallerCount} callers, {WorkerCount} workers, {Hold.TotalMilliseconds} ms each time, {time.TotalSeconds} s for each row. Waiting in ms."));
        Console.WriteLine();
        Console.WriteLine("| | p50 | p99 | longest | served a second | least and most of a caller |");
        Console.WriteLine("|---|---|---|---|---|---|");
        await PrintAsync("a semaphore", enter, time);
        await PrintAsync("the pool, sessions without a batch", open, time);
        await PrintAsync("the pool, sessions with a batch there and back", echo, time);
        await PrintAsync("a semaphore, again", enter, time);
        if (dispatcher.GetStatistics().Single().StartedCount != WorkerCount)
        {
            throw new InvalidOperationException("Workers were lost on the way.");
        }
    }

    private static async Task PrintAsync(string name, Func<Task<TimeSpan>> serve, TimeSpan time)
    {
        await ServeAllAsync(serve, WarmUp);
        List<TimeSpan>[] waits = await ServeAllAsync(serve, time);
        var all = new Distribution(waits.SelectMany(static caller => caller));
        double rate = waits.Sum(static caller => caller.Count) / time.TotalSeconds;
        Console.WriteLine(FormattableString.Invariant($"| {name} | {all.Cells} | {rate:F0} | {waits.Min(static caller => caller.Count)}, {waits.Max(static caller => caller.Count)} |"));
    }

    private static Task<List<TimeSpan>[]> ServeAllAsync(Func<Task<TimeSpan>> serve, TimeSpan time)
    {
        long begun = TimeProvider.System.GetTimestamp();
        return Task.WhenAll(Enumerable.Range(0, CallerCount).Select(_ => Task.Run(async () =>
        {
            List<TimeSpan> waits = [];
            while (TimeProvider.System.GetElapsedTime(begun) < time)
            {
                waits.Add(await serve());
            }

            return waits;
        })));
    }

    private static async Task<TimeSpan> EnterAsync(SemaphoreSlim semaphore, HoldTimer timer)
    {
        long begun = TimeProvider.System.GetTimestamp();
        await semaphore.WaitAsync();
        TimeSpan wait = TimeProvider.System.GetElapsedTime(begun);
        await timer.HoldAsync();
        semaphore.Release();
        return wait;
    }

    private static async Task<TimeSpan> OpenAsync(UdsWorkerDispatcher dispatcher, HoldTimer timer, bool echoes)
    {
        long begun = TimeProvider.System.GetTimestamp();
        await using WorkerSession session = await dispatcher.CreateSessionAsync();
        TimeSpan wait = TimeProvider.System.GetElapsedTime(begun);
        if (echoes)
        {
            await EchoSessions.EchoAsync(session, begun);
        }

        await timer.HoldAsync();
        return wait;
    }
}
