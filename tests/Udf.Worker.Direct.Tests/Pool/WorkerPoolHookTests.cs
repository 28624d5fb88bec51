using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Hooks and launchers that do not listen to their token: their place is free again, without the end of the dispatcher.</summary>
public sealed class WorkerPoolHookTests
{
    [Fact]
    [Failure("a hook of a transport, or a launcher, does not return")]
    public async Task WaitUntilReady_DoesNotListen_ItsPlaceIsFreeAgainAndItsLateConnectionClosed()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        var stuck = new SyncPoint();
        rig.Dispatcher.OnWaitUntilReady = async (endpoint, _) =>
        {
            rig.Dispatcher.OnWaitUntilReady = rig.Dispatcher.WaitForFileAsync;
            await stuck.HoldAsync();
            var late = new FakeConnection(endpoint);
            rig.Dispatcher.Connections.Enqueue(late);
            return late;
        };
        await GiveUpAsync(rig, stuck);

        FakeSession next = await OpenAsTimePassesAsync(rig);

        Assert.NotEqual(rig.Dispatcher.ProcessIds.First(), next.ProcessId);
        Assert.Contains(rig.Logs.Entries, entry => entry.Id.Name == "HookStuck" && entry.Message.Contains("WaitUntilReadyAsync", StringComparison.Ordinal));
        stuck.Continue();
        await PoolRig.UntilAsync(() => rig.Dispatcher.Connections.Count == 2 && rig.Dispatcher.Connections.Any(connection => connection.Lost.IsCancellationRequested));
    }

    [Fact]
    public async Task AllocateAddress_BlocksItsThread_ItsPlaceIsFreeAgainAndItsLateAddressCleanedUp()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        using var reached = new ManualResetEventSlim();
        using var blocked = new ManualResetEventSlim();
        Func<string, CancellationToken, ValueTask<string>> allocate = rig.Dispatcher.OnAllocate;
        rig.Dispatcher.OnAllocate = (workerId, token) =>
        {
            rig.Dispatcher.OnAllocate = allocate;
            reached.Set();
            blocked.Wait(CancellationToken.None);
            return allocate(workerId, token);
        };
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> given = rig.BeginAsync(cancellationToken: cancel.Token);
        await Task.Run(() => reached.Wait(CancellationToken.None)).DefaultTimeout();
        await cancel.CancelAsync();

        await OpenAsTimePassesAsync(rig);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.DefaultTimeout());
        blocked.Set();
        await PoolRig.UntilAsync(() => rig.Dispatcher.CleanedUp.Count == 1);
    }

    [Fact]
    [Failure("a transport has chosen no address")]
    public async Task AllocateAddress_TakesLongerThanAWorkerMay_IsATimeout()
    {
        await using var rig = new PoolRig();
        rig.Dispatcher.OnAllocate = static async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return "";
        };

        Task<FakeSession> session = rig.BeginAsync();
        await PoolRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            return session.IsCompleted;
        });

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => session.DefaultTimeout());
        Assert.Contains("The transport has chosen no address for worker", error.Message, StringComparison.Ordinal);
        Assert.Equal($"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.InitializationTimeout)}", error.Setting);
    }

    [Fact]
    public async Task OpenSession_DoesNotListen_ItsWorkerIsEndedAndItsLateSessionClosed()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        int first = await rig.RunAsync();
        var stuck = new SyncPoint();
        WorkerSession? late = null;
        rig.Dispatcher.OnOpenSession = async (connection, context, token) =>
        {
            rig.Dispatcher.OnOpenSession = static (connection, context, token) => connection.OpenSessionAsync(context, token);
            await stuck.HoldAsync();
            return late = await connection.OpenSessionAsync(context, CancellationToken.None);
        };
        await GiveUpAsync(rig, stuck);

        FakeSession next = await OpenAsTimePassesAsync(rig);

        Assert.NotEqual(first, next.ProcessId);
        stuck.Continue();
        await PoolRig.UntilAsync(() => Volatile.Read(ref late)?.State == WorkerSessionState.Terminal);
        Assert.Equal(1, rig.Statistics().SessionCount);
    }

    // A caller who gives up while his hook is stuck.
    private static async Task GiveUpAsync(PoolRig rig, SyncPoint stuck)
    {
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> given = rig.BeginAsync(cancellationToken: cancel.Token);
        await stuck.Reached.DefaultTimeout();
        await cancel.CancelAsync();
        await PoolRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            return given.IsCompleted;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.DefaultTimeout());
    }

    private static async Task<FakeSession> OpenAsTimePassesAsync(PoolRig rig)
    {
        Task<FakeSession> next = rig.BeginAsync();
        await PoolRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromMilliseconds(100));
            return next.IsCompleted;
        });
        return await next.DefaultTimeout();
    }
}
