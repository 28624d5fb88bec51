using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>What is asked of a pool as a whole.</summary>
public sealed class WorkerPoolControlTests
{
    [Fact]
    public async Task Drain_SessionsRun_AreWaitedForAndNoNewOnesAreMade()
    {
        await using var rig = new PoolRig();
        await rig.RunAsync("idle");
        FakeSession session = await rig.OpenAsync();

        Task<bool> drained = rig.Dispatcher.DrainAsync(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<ObjectDisposedException>(() => rig.OpenAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => rig.OpenAsync("new"));
        Assert.False(drained.IsCompleted);
        Assert.True(ProcessProbe.IsRunning(session.ProcessId));
        await session.CloseAsync().DefaultTimeout();
        Assert.True(await drained.DefaultTimeout());
        rig.Dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Drain_SomebodyWaits_IsRefused()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        FakeSession session = await rig.OpenAsync();
        Task<FakeSession> waiting = rig.BeginAsync();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 1);

        Task<bool> drained = rig.Dispatcher.DrainAsync(Timeout.InfiniteTimeSpan);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.DefaultTimeout());
        await session.CloseAsync().DefaultTimeout();
        Assert.True(await drained.DefaultTimeout());
        Assert.True(await rig.Dispatcher.DrainAsync(Timeout.InfiniteTimeSpan).DefaultTimeout());
    }

    [Fact]
    public async Task Drain_ASessionGoesOn_ItsWorkerIsEndedAtTheLimit()
    {
        await using var rig = new PoolRig();
        FakeSession session = await rig.OpenAsync();
        Task<Exception> running = session.RunUntilLostAsync();
        var limit = TimeSpan.FromSeconds(10);

        Task<bool> drained = rig.Dispatcher.DrainAsync(limit);
        await rig.Clock.WaitForTimerAsync(limit).DefaultTimeout();
        rig.Clock.Advance(limit);

        Assert.False(await drained.DefaultTimeout());
        Assert.IsType<WorkerExitedException>(await running.DefaultTimeout());
        rig.Dispatcher.AssertNothingLeft();
        await session.CloseAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Drain_TokenFalls_EndsTheWaitOnly()
    {
        await using var rig = new PoolRig();
        FakeSession session = await rig.OpenAsync();
        using var cancel = new CancellationTokenSource();
        Task<bool> drained = rig.Dispatcher.DrainAsync(TimeSpan.FromSeconds(10), cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained.DefaultTimeout());
        Assert.True(ProcessProbe.IsRunning(session.ProcessId));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => rig.OpenAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public async Task Drain_NoLimit_IsRefused(int milliseconds)
    {
        await using var rig = new PoolRig();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => rig.Dispatcher.DrainAsync(TimeSpan.FromMilliseconds(milliseconds)));
        await rig.RunAsync();
    }

    [Fact]
    public async Task Replace_NewSessionsGetNewWorkersAndOldOnesFinish()
    {
        await using var rig = new PoolRig();
        FakeSession running = await rig.OpenAsync();
        int idle = await rig.RunAsync();

        rig.Dispatcher.ReplaceWorkers();

        int replacement = await rig.RunAsync();
        Assert.DoesNotContain(replacement, new[] { idle, running.ProcessId });
        Assert.True(ProcessProbe.IsRunning(running.ProcessId));
        await running.CloseAsync().DefaultTimeout();
        Assert.Equal(replacement, await rig.RunAsync());
        Assert.Equal(2, rig.Retired(WorkerRetireReason.Replaced));
    }

    [Fact]
    public async Task Dispose_SomebodyWaits_HearsOfTheClose()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        await rig.OpenAsync();
        Task<FakeSession> waiting = rig.BeginAsync();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 1);

        await rig.Dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.DefaultTimeout());
        rig.Dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_AnIdleWorker_IsAskedOverItsConnection()
    {
        bool wasAsked = false;
        await using var rig = new PoolRig();
        rig.Dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            var connection = (FakeConnection)await rig.Dispatcher.WaitForFileAsync(endpoint, token);
            connection.OnShutdown = (_, _) => new(wasAsked = true);
            return connection;
        };
        await rig.RunAsync();

        await rig.Dispatcher.DisposeAsync().DefaultTimeout();

        Assert.True(wasAsked);
    }
}
