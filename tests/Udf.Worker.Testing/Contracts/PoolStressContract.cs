using System.Collections.Concurrent;
using Udf.Worker.Direct;
using Xunit;
using Xunit.Abstractions;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// Many callers of two scopes on few workers, with everything that can happen to a session; afterwards the pool is whole, and nothing is left. Seconds in a normal run, two minutes with <c>UDF_STRESS=full</c>.
/// Run without other tests beside it: descriptors are counted.
/// </summary>
public abstract class PoolStressContract(ITestOutputHelper output) : WorkerContract
{
    private const int CallerCount = 64;
    private const int WorkerLimit = 8;

    private readonly ConcurrentDictionary<string, string> _scopes = new();
    private readonly ConcurrentDictionary<string, int> _ends = new();

    [Fact]
    public async Task ManyCallers_EverythingHappens_ThePoolStaysWhole()
    {
        await EndAsync(CreatePool());
        var before = Descriptors.Open();
        DirectWorkerDispatcher dispatcher = CreatePool();
        var time = TimeSpan.FromSeconds(Race.Rounds(normal: 5, full: 120));
        long begun = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, CallerCount).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            do
            {
                await RunAsync(dispatcher, random, caller % 2 == 0 ? "even" : "odd");
            }
            while (TimeProvider.System.GetElapsedTime(begun) < time);
        }))).WaitAsync(time + TimeSpan.FromMinutes(2), TimeProvider.System);

        Assert.All((string[])["finished", "user error", "crash", "cancelled", "abandoned"], end => Assert.True(_ends.GetValueOrDefault(end) > 0, $"No session was {end}: {string.Join(", ", _ends)}."));
        await AssertWholeAsync(dispatcher);
        Report();
        await EndAsync(dispatcher);
        AssertNothingLeft();

        // The socket of a session that was abandoned is closed when it is collected.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Empty(await Descriptors.LeftSinceAsync(before, TimeSpan.FromSeconds(10)));
    }

    private DirectWorkerDispatcher CreatePool()
    {
        var options = new DirectWorkerOptions();
        options.Pool.Budget = new WorkerBudget(WorkerLimit);
        options.Pool.AcquireTimeout = TimeSpan.FromMinutes(1);
        options.Pool.PoisonThreshold = null;
        options.Pool.StartRetryDelay = TimeSpan.FromMilliseconds(1);
        return CreateDispatcher(Specification().WithReuse(), options);
    }

    private async Task RunAsync(DirectWorkerDispatcher dispatcher, Random random, string scope)
    {
        int chance = random.Next(100);
        if (chance >= 97)
        {
            await AbandonAsync(dispatcher, scope);
            _ends.AddOrUpdate("abandoned", 1, static (_, count) => count + 1);
            GC.Collect();
            return;
        }

        string end = chance < 60 ? "finished" : chance < 75 ? "user error" : chance < 80 ? "crash" : "cancelled";
        await using (WorkerSession session = await CreateAsync(dispatcher, scope))
        {
            try
            {
                await (end switch
                {
                    "finished" => FinishAsync(session),
                    "user error" => Assert.ThrowsAsync<WorkerUserException>(() => RunToEndAsync(session, "udf.fail", "batch:1")),
                    "crash" => Assert.ThrowsAsync<WorkerExitedException>(() => RunToEndAsync(session, "udf.exit", "kill")),
                    _ => CancelAsync(session, hangs: chance % 2 == 0),
                });
            }
            catch (WorkerException exception) when (exception.IsTransient)
            {
                // A worker may be lost to a session whatever it does; it may not be lost in silence.
                end = exception.GetType().Name;
            }
        }

        _ends.AddOrUpdate(end, 1, static (_, count) => count + 1);
    }

    private async Task<WorkerSession> CreateAsync(DirectWorkerDispatcher dispatcher, string scope)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync(new WorkerSessionOptions { SecurityScope = WorkerSecurityScope.Named(scope) });
        Assert.Equal(scope, _scopes.GetOrAdd(session.WorkerId, scope));
        return session;
    }

    private static async Task FinishAsync(WorkerSession session)
    {
        await session.InitAsync(Function("udf.echo"));
        AssertSame([Bytes(100), Bytes(200)], await session.ProcessAsync(Stream(Bytes(100), Bytes(200))).ReadAllAsync());
    }

    private static async Task RunToEndAsync(WorkerSession session, string format, string payload)
    {
        await session.InitAsync(Function(format, Text(payload)));
        await session.ProcessAsync(Held(Bytes(10))).ReadAllAsync();
    }

    // In the middle of a stream that waits for its input, or while the function hangs in a batch.
    private static async Task CancelAsync(WorkerSession session, bool hangs)
    {
        await (hangs ? session.InitAsync(Function("udf.sleep", Text("600000"))) : session.InitAsync(Function("udf.echo")));
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(10))).GetAsyncEnumerator();
        Task<bool> next = results.MoveNextAsync().AsTask();
        if (!hangs)
        {
            await next;
        }

        await session.CancelAsync("enough");
        try
        {
            await next;
            Assert.False(hangs, "A function that hangs has answered.");
        }
        catch (OperationCanceledException)
        {
            // As it should.
        }
    }

    private async Task AbandonAsync(DirectWorkerDispatcher dispatcher, string scope)
    {
        WorkerSession session = await CreateAsync(dispatcher, scope);
        await session.InitAsync(Function("udf.echo"));
    }

    // Once what was abandoned is found, nobody has a session, and every place can be used.
    private async Task AssertWholeAsync(DirectWorkerDispatcher dispatcher)
    {
        while (dispatcher.GetStatistics().Sum(static scope => scope.SessionCount + scope.WaitingCount + scope.StartingCount + scope.EndingCount) > 0)
        {
            GC.Collect();
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.InRange(dispatcher.WorkerCount, 0, WorkerLimit);
        WorkerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, WorkerLimit).Select(_ => CreateAsync(dispatcher, "even"))).DefaultTimeout();
        Assert.Equal(WorkerLimit, sessions.Select(session => session.WorkerId).Distinct().Count());
        foreach (WorkerSession session in sessions)
        {
            await using (session)
            {
                await FinishAsync(session).DefaultTimeout();
            }
        }
    }

    // Not from the statistics: a scope of which nothing was left in between has forgotten its counters.
    private void Report()
    {
        output.WriteLine($"Sessions: {string.Join(", ", _ends.OrderByDescending(static end => end.Value).Select(static end => $"{end.Value} {end.Key}"))}.");
        output.WriteLine($"Workers that served: {string.Join(", ", _scopes.CountBy(static worker => worker.Value).Select(static scope => $"{scope.Value} of scope {scope.Key}"))}.");
    }

    private static async Task EndAsync(DirectWorkerDispatcher dispatcher)
    {
        await using (WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout())
        {
            await FinishAsync(session).DefaultTimeout();
        }

        await dispatcher.DisposeAsync().DefaultTimeout();
    }
}
