using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Calls to one dispatcher that meet, all let go at the same moment, thousands of times, with processes that are none. Whatever comes first: everybody hears of an end, and nothing is left.</summary>
public sealed class DispatcherRaceTests
{
    private static readonly int Rounds = Race.Rounds(normal: 1_000, full: 20_000);

    [Fact]
    public Task CreateAndClose_EachGetsASessionOrHearsOfTheClose() => Race.RunAsync(Rounds, 3, _ =>
    {
        (FakeDispatcher dispatcher, MemoryLauncher launcher) = Create();
        return ([() => UseAsync(dispatcher), () => UseAsync(dispatcher), () => dispatcher.DisposeAsync().AsTask()], () => AssertNothingLeft(dispatcher, launcher));
    });

    [Fact]
    public Task CloseAndClose_OfSessionAndDispatcher_AllEnd() => Race.RunAsync(Rounds, 4, _ =>
    {
        (FakeDispatcher dispatcher, MemoryLauncher launcher) = Create();
        Task<FakeSession> opened = dispatcher.CreateSessionAsync().AsTask();
        return ([
            () => CloseAsync(opened),
            () => CloseAsync(opened),
            () => dispatcher.DisposeAsync().AsTask(),
            () => dispatcher.DisposeAsync().AsTask()],
            () => AssertNothingLeft(dispatcher, launcher));
    });

    [Fact]
    public Task DeathAndClose_TheWorkersPlaceIsFree() => Race.RunAsync(Rounds, 3, _ =>
    {
        (FakeDispatcher dispatcher, MemoryLauncher launcher) = Create(maxWorkers: 1);
        Task<FakeSession> opened = dispatcher.CreateSessionAsync().AsTask();
        return ([
            async () => await (await opened).CloseAsync(),
            async () =>
            {
                await opened;
                foreach (MemoryLauncher.MemoryProcess process in launcher.Running.Values)
                {
                    process.Exit(1);
                }
            },
            async () =>
            {
                // Waits for the one place, which comes back whether the worker is well or dead.
                await opened;
                await UseAsync(dispatcher);
                await dispatcher.DisposeAsync();
            }],
            () => AssertNothingLeft(dispatcher, launcher));
    });

    [Fact]
    public Task TwoFirstSessions_OnePlace_AreServedByTurns() => Race.RunAsync(Rounds, 2, _ =>
    {
        (FakeDispatcher dispatcher, MemoryLauncher launcher) = Create(maxWorkers: 1);
        int served = 0;
        async Task ServeAsync()
        {
            FakeSession session = await dispatcher.CreateSessionAsync();
            Interlocked.Increment(ref served);
            await session.CloseAsync();
            if (Volatile.Read(ref served) == 2)
            {
                await dispatcher.DisposeAsync();
            }
        }

        return ([ServeAsync, ServeAsync], () =>
        {
            Assert.Equal(2, served);
            Assert.Equal(1, launcher.StartedCount);
            AssertNothingLeft(dispatcher, launcher);
        }
        );
    });

    [Fact]
    public Task CreateAndCancel_NothingIsLeftOfTheStart() => Race.RunAsync(Rounds, 2, _ =>
    {
        (FakeDispatcher dispatcher, MemoryLauncher launcher) = Create();
        var caller = new CancellationTokenSource();
        return ([
            async () =>
            {
                try
                {
                    FakeSession session = await dispatcher.CreateSessionAsync(cancellationToken: caller.Token);
                    await session.CloseAsync();
                }
                catch (OperationCanceledException)
                {
                }

                await dispatcher.DisposeAsync();
            },
            () => caller.CancelAsync()],
            () =>
            {
                AssertNothingLeft(dispatcher, launcher);
                caller.Dispose();
            }
        );
    });

    private static (FakeDispatcher Dispatcher, MemoryLauncher Launcher) Create(int maxWorkers = 4)
    {
        var launcher = new MemoryLauncher();
        var options = new DirectWorkerOptions { Launcher = launcher };
        options.Pool.MaxWorkers = maxWorkers;
        var dispatcher = new FakeDispatcher(Scripts.Worker().WithReuse(), options);
        dispatcher.OnWaitUntilReady = (endpoint, _) =>
        {
            var connection = new FakeConnection(endpoint);
            dispatcher.Connections.Enqueue(connection);
            return new(connection);
        };
        return (dispatcher, launcher);
    }

    private static async Task CloseAsync(Task<FakeSession> opened)
    {
        try
        {
            await (await opened).CloseAsync();
        }
        catch (ObjectDisposedException)
        {
            // The dispatcher was closed before it had given the session.
        }
    }

    private static async Task UseAsync(FakeDispatcher dispatcher)
    {
        try
        {
            FakeSession session = await dispatcher.CreateSessionAsync();
            await session.CloseAsync();
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private static void AssertNothingLeft(FakeDispatcher dispatcher, MemoryLauncher launcher)
    {
        Assert.Empty(launcher.Running);
        Assert.Equal(dispatcher.Allocated.Order(), dispatcher.CleanedUp.Order());
        Assert.All(dispatcher.Connections, connection => Assert.True(connection.Lost.IsCancellationRequested));
        Assert.Equal(1, dispatcher.CloseCount);
    }
}
