using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A payload that kills its workers is kept away from further ones; others are not.</summary>
public sealed class WorkerPoolPoisonTests
{
    [Fact]
    [Failure("a payload has killed as many workers")]
    public async Task Init_PayloadHasKilledTooManyWorkers_IsRefusedUntilTheWindowHasPassed()
    {
        await using var rig = new PoolRig();
        for (int death = 0; death < 3; death++)
        {
            await DieAsync(rig);
        }

        FakeSession refused = await rig.OpenAsync();
        var error = await Assert.ThrowsAsync<WorkerPoisonedPayloadException>(() => InitAsync(refused, "test"));

        Assert.Null(refused.Sent);
        Assert.Equal((3, TimeSpan.FromMinutes(10), false), (error.DeathCount, error.RetryAfter, error.IsTransient));
        Assert.Equal(new WorkerPayload("test").Identity, error.Payload);
        Assert.Contains("has killed 3 workers and is refused for another 600 s (WorkerPoolOptions.PoisonThreshold, WorkerPoolOptions.PoisonWindow)", error.Message, StringComparison.Ordinal);
        Assert.Contains("was ended by SIGKILL", error.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await refused.CloseAsync().DefaultTimeout()).Kind);
        Assert.Single(rig.Logs.Entries, entry => entry.Id.Name == "PayloadPoisoned");

        // The worker that it was kept away from serves others, and the payload itself when the window has passed.
        FakeSession other = await rig.OpenAsync();
        Assert.Equal(refused.ProcessId, other.ProcessId);
        await InitAsync(other, "another");
        await other.CloseAsync().DefaultTimeout();
        rig.Clock.Advance(TimeSpan.FromMinutes(10));
        await InitAsync(await rig.OpenAsync(), "test");
    }

    [Fact]
    public async Task Init_RefusedOnAWorkerThatServesOneSessionOnly_DoesNotCostTheWorker()
    {
        await using var rig = new PoolRig(options => options.PoisonThreshold = 1, change: specification => specification.WithReuse(false));
        await DieAsync(rig);

        FakeSession refused = await rig.OpenAsync();
        await Assert.ThrowsAsync<WorkerPoisonedPayloadException>(() => InitAsync(refused, "test"));
        await refused.CloseAsync().DefaultTimeout();

        Assert.True(ProcessProbe.IsRunning(refused.ProcessId));
        FakeSession other = await rig.OpenAsync();
        Assert.Equal(refused.ProcessId, other.ProcessId);
        await InitAsync(other, "another");
        await other.CloseAsync().DefaultTimeout();
        Assert.False(ProcessProbe.Exists(refused.ProcessId));
    }

    [Fact]
    public async Task Init_PayloadHasKilledTheWorkersOfAnotherScope_IsNotRefused()
    {
        await using var rig = new PoolRig(options => options.PoisonThreshold = 1);
        await DieAsync(rig, "one");

        await Assert.ThrowsAsync<WorkerPoisonedPayloadException>(async () => await InitAsync(await rig.OpenAsync("one"), "test"));
        await InitAsync(await rig.OpenAsync("two"), "test");
    }

    [Fact]
    public async Task Init_TwoPayloadsRanOnTheWorkerThatDied_NoneIsRefused()
    {
        await using var rig = new PoolRig(
            options =>
            {
                options.PoisonThreshold = 1;
                options.SessionsPerWorker = 2;
            },
            change: specification => specification.WithConcurrentUdfs());
        FakeSession one = await rig.OpenAsync();
        FakeSession other = await rig.OpenAsync();
        Task<Exception>[] running = [one.RunUntilLostAsync(), other.RunUntilLostAsync("other")];

        await KillAsync(one, running);

        FakeSession next = await rig.OpenAsync();
        await InitAsync(next, "test");
        await InitAsync(await rig.OpenAsync(), "other");
    }

    [Fact]
    public async Task Init_WorkerWasEndedByThisHost_CountsForNothing()
    {
        await using var rig = new PoolRig(options => options.PoisonThreshold = 1);
        FakeSession session = await rig.OpenAsync();
        Task<Exception> running = session.RunUntilLostAsync();
        await PoolRig.UntilAsync(() => session.State == WorkerSessionState.Streaming);
        session.Lease.MarkInvalid(new InvalidOperationException("out of step"));
        await rig.Dispatcher.Connections.Single().DisposeAsync();

        // Whether the process ends by itself is seen when the wait for that is over.
        await PoolRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            return running.IsCompleted;
        });
        await session.CloseAsync().DefaultTimeout();

        await InitAsync(await rig.OpenAsync(), "test");
    }

    [Fact]
    public async Task Init_PoisonIsSwitchedOff_NothingIsRefused()
    {
        await using var rig = new PoolRig(options => options.PoisonThreshold = null);
        for (int death = 0; death < 4; death++)
        {
            await DieAsync(rig);
        }

        await InitAsync(await rig.OpenAsync(), "test");
    }

    private static Task<WorkerInitResult> InitAsync(FakeSession session, string payload) => session.InitAsync(new WorkerInit(new WorkerPayload(payload))).DefaultTimeout();

    private static async Task DieAsync(PoolRig rig, string? scope = null)
    {
        FakeSession session = await rig.OpenAsync(scope);
        await KillAsync(session, session.RunUntilLostAsync());
    }

    private static async Task KillAsync(FakeSession session, params Task<Exception>[] running)
    {
        await PoolRig.UntilAsync(() => session.State == WorkerSessionState.Streaming);
        ProcessTable.Signal(session.ProcessId, ProcessTable.SigKill);
        foreach (Task<Exception> run in running)
        {
            Assert.IsType<WorkerExitedException>(await run.DefaultTimeout());
        }

        await session.CloseAsync().DefaultTimeout();
    }
}
