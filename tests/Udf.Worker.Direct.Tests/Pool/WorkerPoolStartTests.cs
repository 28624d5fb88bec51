using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Workers that cannot be started, and workers that are started ahead.</summary>
public sealed class WorkerPoolStartTests
{
    [Fact]
    public async Task StartFails_ManyWaitForIt_EachGetsAnExceptionOfItsOwn()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        var starting = new SyncPoint();
        var failure = new WorkerProtocolException("it speaks something else") { Endpoint = "there" };
        rig.Dispatcher.OnWaitUntilReady = async (_, token) =>
        {
            await starting.HoldAsync().WaitAsync(token);
            throw failure;
        };
        Task<FakeSession>[] callers = [rig.BeginAsync(), rig.BeginAsync(), rig.BeginAsync()];
        await starting.Reached.DefaultTimeout();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 3);

        starting.Continue();

        var errors = new List<WorkerProtocolException>();
        foreach (Task<FakeSession> caller in callers)
        {
            errors.Add(await Assert.ThrowsAsync<WorkerProtocolException>(() => caller.DefaultTimeout()));
        }

        Assert.Equal(3, errors.Distinct().Count());
        Assert.Contains(failure, errors);
        Assert.All(errors, error => Assert.Equal((failure.Message, failure.Endpoint), (error.Message, error.Endpoint)));
        Assert.Single(rig.Dispatcher.Endpoints);
    }

    [Fact]
    public async Task StartFails_TheNextCallerWaitsForTheNextAttempt_AndTheKeyRecovers()
    {
        await using var rig = new PoolRig(options => options.StartRetryDelay = TimeSpan.FromSeconds(2));
        rig.Dispatcher.OnWaitUntilReady = static (_, _) => throw new WorkerProtocolException("not yet");
        await Assert.ThrowsAsync<WorkerProtocolException>(() => rig.OpenAsync());
        Assert.Equal(("not yet", TimeSpan.FromSeconds(2)), (rig.Statistics().StartFailure?.Message, rig.Statistics().TimeToNextStart));
        rig.Dispatcher.OnWaitUntilReady = rig.Dispatcher.WaitForFileAsync;

        Task<FakeSession> next = rig.BeginAsync();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 1);
        Assert.Single(rig.Dispatcher.Endpoints);
        rig.Clock.Advance(TimeSpan.FromSeconds(2));

        await next.DefaultTimeout();
        Assert.Null(rig.Statistics().StartFailure);
    }

    [Fact]
    [Failure("workers cannot be started, and the next attempt")]
    public async Task StartFails_NextAttemptComesTooLateForTheCaller_IsRefusedAtOnceWithTheCause()
    {
        await using var rig = new PoolRig(options =>
        {
            options.StartRetryDelay = TimeSpan.FromSeconds(10);
            options.AcquireTimeout = TimeSpan.FromSeconds(5);
        });
        rig.Dispatcher.OnWaitUntilReady = static (_, _) => throw new WorkerProtocolException("it speaks something else");
        await Assert.ThrowsAsync<WorkerProtocolException>(() => rig.OpenAsync());

        var error = await Assert.ThrowsAsync<WorkerPoolExhaustedException>(() => rig.OpenAsync());

        Assert.Contains("starts fail, and the next is tried only in 10 s (WorkerPoolOptions.StartRetryDelay)", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("The last start failed: it speaks something else", error.Message, StringComparison.Ordinal);
        Assert.Equal("it speaks something else", error.InnerException?.Message);
    }

    [Fact]
    public async Task Minimum_FirstUse_IsKeptFromThenOn()
    {
        await using var rig = new PoolRig(options => options.MinIdleWorkers = 1);

        FakeSession session = await rig.OpenAsync();

        await PoolRig.UntilAsync(() => rig.Statistics() is { IdleCount: 1, ActiveCount: 1 });
        FakeSession second = await rig.OpenAsync();
        Assert.NotEqual(session.ProcessId, second.ProcessId);
        await PoolRig.UntilAsync(() => rig.Statistics() is { IdleCount: 1, ActiveCount: 2 });
    }

    [Fact]
    public async Task Minimum_AnIdleWorkerIsKilled_AnotherTakesItsPlace()
    {
        await using var rig = new PoolRig(options => options.MinIdleWorkers = 1);
        int killed = await rig.RunAsync();
        await PoolRig.UntilAsync(() => rig.Statistics().StartingCount == 0);

        foreach (int processId in rig.Dispatcher.ProcessIds)
        {
            ProcessTable.Signal(processId, ProcessTable.SigKill);
        }

        // The one that had served nobody counts as a start that failed: the next comes after a pause.
        await PoolRig.UntilAsync(() => rig.Retired(WorkerRetireReason.Died) == 2);
        await PoolRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromMilliseconds(100));
            return rig.Statistics() is { IdleCount: 1, EndingCount: 0 };
        });
        Assert.NotEqual(killed, await rig.RunAsync());
    }

    [Fact]
    public async Task WarmUp_SomeWorkers_AreReadyBeforeTheFirstSession()
    {
        await using var rig = new PoolRig();

        Assert.Equal(2, await rig.Dispatcher.WarmUpAsync(2, WorkerSecurityScope.Named("a")).DefaultTimeout());

        int[] warm = [.. rig.Dispatcher.ProcessIds];
        FakeSession[] sessions = [await rig.OpenAsync("a"), await rig.OpenAsync("a")];
        Assert.Equal(warm.Order(), sessions.Select(session => session.ProcessId).Order());
        Assert.Equal(0, rig.Statistics("a").WaitedCount);
    }

    [Fact]
    public async Task WarmUp_MoreThanMayBe_StopsAtTheLimit()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 2);

        Assert.Equal(2, await rig.Dispatcher.WarmUpAsync(5).DefaultTimeout());
    }

    [Fact]
    public async Task WarmUp_WorkersCannotBeStarted_SaysWhyAndLogsIt()
    {
        await using var rig = new PoolRig(script: "exit 3");

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => rig.Dispatcher.WarmUpAsync(2).DefaultTimeout());

        Assert.Contains("exited with code 3", error.Message, StringComparison.Ordinal);
        Assert.Contains(rig.Logs.Entries, entry => entry.Id.Name == "PoolStartFailed");
    }

    [Fact]
    public async Task WarmUp_WhileStartsFail_ThrowsTheLastFailureAndStartsNothing()
    {
        await using var rig = new PoolRig(options => options.StartRetryDelay = TimeSpan.FromSeconds(2));
        rig.Dispatcher.OnWaitUntilReady = static (_, _) => throw new WorkerProtocolException("not yet");
        await Assert.ThrowsAsync<WorkerProtocolException>(() => rig.OpenAsync());

        var error = await Assert.ThrowsAsync<WorkerProtocolException>(() => rig.Dispatcher.WarmUpAsync(2).DefaultTimeout());

        Assert.Equal("not yet", error.Message);
        Assert.Single(rig.Dispatcher.Endpoints);
    }

    [Fact]
    public async Task WarmUp_AfterFailures_TriesOneAndThenTheOthers()
    {
        await using var rig = new PoolRig(options => options.StartRetryDelay = TimeSpan.FromSeconds(2));
        rig.Dispatcher.OnWaitUntilReady = static (_, _) => throw new WorkerProtocolException("not yet");
        await Assert.ThrowsAsync<WorkerProtocolException>(() => rig.OpenAsync());
        rig.Dispatcher.OnWaitUntilReady = rig.Dispatcher.WaitForFileAsync;
        rig.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(3, await rig.Dispatcher.WarmUpAsync(3).DefaultTimeout());
    }

    [Fact]
    public async Task WarmUp_DispatcherIsClosedMeanwhile_HearsOfIt()
    {
        await using var rig = new PoolRig(script: Scripts.NeverReady);
        Task<int> warming = rig.Dispatcher.WarmUpAsync(1);
        await PoolRig.UntilAsync(() => !rig.Dispatcher.Endpoints.IsEmpty);

        await rig.Dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => warming.DefaultTimeout());
    }
}
