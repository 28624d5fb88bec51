using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Who gets which worker, and who waits.</summary>
public sealed class WorkerPoolAcquireTests
{
    [Fact]
    public async Task CreateSession_AWorkerIsIdle_ServesTheNextSession()
    {
        await using var rig = new PoolRig();

        int first = await rig.RunAsync();
        int second = await rig.RunAsync();

        Assert.Equal(first, second);
        WorkerPoolStatistics seen = rig.Statistics();
        Assert.Equal((1L, 2L, 1L, 1, 0), (seen.StartedCount, seen.AcquiredCount, seen.WaitedCount, seen.IdleCount, seen.ActiveCount));
    }

    [Fact]
    public async Task CreateSession_AWorkerIsBusy_AnotherIsStarted()
    {
        await using var rig = new PoolRig();

        FakeSession first = await rig.OpenAsync();
        FakeSession second = await rig.OpenAsync();

        Assert.NotEqual(first.ProcessId, second.ProcessId);
        Assert.Equal(2, rig.Statistics().ActiveCount);
    }

    [Fact]
    public async Task CreateSession_ScopesInTurn_AWorkerServesItsOwnScopeOnly()
    {
        await using var rig = new PoolRig();

        int[] first = [await rig.RunAsync("a"), await rig.RunAsync("b"), await rig.RunAsync()];
        int[] second = [await rig.RunAsync("a"), await rig.RunAsync("b"), await rig.RunAsync()];

        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first, second);
        Assert.Equal(3, rig.Dispatcher.GetStatistics().Count);
    }

    [Fact]
    public async Task CreateSession_ConcurrentWorker_TakesAsManySessionsAsAreAllowed()
    {
        await using var rig = new PoolRig(options => options.SessionsPerWorker = 2, change: specification => specification.WithConcurrentUdfs());

        FakeSession[] sessions = [await rig.OpenAsync(), await rig.OpenAsync(), await rig.OpenAsync()];

        Assert.Equal(sessions[0].ProcessId, sessions[1].ProcessId);
        Assert.NotEqual(sessions[0].ProcessId, sessions[2].ProcessId);
        Assert.Equal((2, 3), (rig.Statistics().ActiveCount, rig.Statistics().SessionCount));
    }

    [Fact]
    public async Task Constructor_SeveralSessionsForAWorkerThatTakesOne_IsWarnedOf()
    {
        await using var rig = new PoolRig(options => options.SessionsPerWorker = 2);

        FakeSession[] sessions = [await rig.OpenAsync(), await rig.OpenAsync()];

        Assert.NotEqual(sessions[0].ProcessId, sessions[1].ProcessId);
        Assert.Contains(rig.Logs.Entries, entry => entry.Id.Name == "OneSessionOnly");
    }

    [Fact]
    public async Task CreateSession_AllWorkersAreBusy_CallersAreServedInTheOrderOfTheirArrival()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        FakeSession session = await rig.OpenAsync();
        var waiting = new List<Task<FakeSession>>();
        for (int i = 1; i <= 3; i++)
        {
            waiting.Add(rig.BeginAsync());
            await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == i);
        }

        foreach (Task<FakeSession> next in waiting)
        {
            Assert.False(next.IsCompleted);
            await session.CloseAsync().DefaultTimeout();
            FakeSession served = await next.DefaultTimeout();
            Assert.Equal(session.ProcessId, served.ProcessId);
            session = served;
        }

        Assert.Equal(1, rig.Statistics().StartedCount);
    }

    [Fact]
    [Failure("all workers are busy")]
    public async Task CreateSession_WaitsForTooLong_SaysWhatIsUsedUp()
    {
        await using var rig = new PoolRig(options =>
        {
            options.MaxWorkers = 1;
            options.AcquireTimeout = TimeSpan.FromSeconds(7);
        });
        await rig.OpenAsync("tenant");
        Task<FakeSession> waiting = rig.BeginAsync("tenant");
        await rig.Clock.WaitForTimerAsync(TimeSpan.FromSeconds(7)).DefaultTimeout();

        rig.Clock.Advance(TimeSpan.FromSeconds(7));

        var error = await Assert.ThrowsAsync<WorkerPoolExhaustedException>(() => waiting.DefaultTimeout());
        Assert.Equal(
            "No worker (sh) for scope 'tenant' was free: none became so within 7 s (WorkerPoolOptions.AcquireTimeout). It has 1 of 1 workers (WorkerPoolOptions.MaxWorkers), 0 of them starting and 0 ending; 1 callers wait, the first for 7 s. Raise what is used up, close sessions sooner, or send less.",
            error.Message);
        Assert.Equal(("WorkerPoolOptions.AcquireTimeout", 1, 1, true), (error.Setting, error.WorkerCount, error.WaitingCount, error.IsTransient));
        Assert.Equal(0, rig.Statistics("tenant").WaitingCount);
    }

    [Fact]
    public async Task CreateSession_TooManyWait_IsRefusedAtOnce()
    {
        await using var rig = new PoolRig(options =>
        {
            options.MaxWorkers = 1;
            options.MaxWaiting = 0;
        });
        FakeSession session = await rig.OpenAsync();

        var error = await Assert.ThrowsAsync<WorkerPoolExhaustedException>(() => rig.OpenAsync());

        Assert.Equal("WorkerPoolOptions.MaxWaiting", error.Setting);
        await session.CloseAsync().DefaultTimeout();
        Assert.Equal(session.ProcessId, await rig.RunAsync());
    }

    [Fact]
    public async Task CreateSession_CancelledWhileItWaits_LeavesNoTrace()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        FakeSession session = await rig.OpenAsync();
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> cancelled = rig.BeginAsync(cancellationToken: cancel.Token);
        Task<FakeSession> patient = rig.BeginAsync();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 2);

        await cancel.CancelAsync();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.DefaultTimeout());
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(1, rig.Statistics().WaitingCount);
        await session.CloseAsync().DefaultTimeout();
        Assert.Equal(session.ProcessId, (await patient.DefaultTimeout()).ProcessId);
    }

    [Fact]
    public async Task CreateSession_CancelledWhileItsWorkerStarts_TheStartIsEndedFirst()
    {
        await using var rig = new PoolRig(script: Scripts.NeverReady);
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> creation = rig.BeginAsync(cancellationToken: cancel.Token);
        await PoolRig.UntilAsync(() => !rig.Dispatcher.Endpoints.IsEmpty);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => creation.DefaultTimeout());
        rig.Dispatcher.AssertNothingLeft();
        Assert.Equal((1L, 0L, TimeSpan.Zero), (rig.Retired(WorkerRetireReason.NotNeeded), rig.Statistics().FailedStartCount, rig.Statistics().TimeToNextStart));
    }

    [Fact]
    public async Task CreateSession_CancelledWhileAnotherNeedsTheStart_TheStartGoesOn()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        var starting = new SyncPoint();
        rig.Dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            await starting.HoldAsync().WaitAsync(token);
            return await rig.Dispatcher.WaitForFileAsync(endpoint, token);
        };
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> cancelled = rig.BeginAsync(cancellationToken: cancel.Token);
        Task<FakeSession> patient = rig.BeginAsync();
        await starting.Reached.DefaultTimeout();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 2);

        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.DefaultTimeout());
        starting.Continue();

        await patient.DefaultTimeout();
        Assert.Single(rig.Dispatcher.Endpoints);
    }

    [Fact]
    public async Task CreateSession_BudgetIsUsedUpByAnIdleWorker_ThatOneMakesRoom()
    {
        var clock = new ManualTimeProvider();
        var budget = new WorkerBudget(1, clock);
        await using var one = new PoolRig(options => options.Budget = budget);
        await using var other = new PoolRig(options => options.Budget = budget);
        int evicted = await one.RunAsync();
        Assert.Equal(1, budget.WorkerCount);

        FakeSession session = await other.OpenAsync();

        Assert.False(ProcessProbe.Exists(evicted));
        Assert.Equal((1, 1L), (budget.WorkerCount, one.Retired(WorkerRetireReason.Evicted)));
        Task<FakeSession> waiting = one.BeginAsync();
        await PoolRig.UntilAsync(() => one.Statistics().WaitingCount == 1);
        await session.CloseAsync().DefaultTimeout();
        await (await waiting.DefaultTimeout()).CloseAsync().DefaultTimeout();
        Assert.Equal(1, other.Retired(WorkerRetireReason.Evicted));
    }

    [Fact]
    public async Task CreateSession_WorkerSaysItIsFull_AnotherIsTriedAndTheFirstStays()
    {
        await using var rig = new PoolRig(options => options.SessionsPerWorker = 2, change: specification => specification.WithConcurrentUdfs());
        FakeSession first = await rig.OpenAsync();
        rig.Dispatcher.OnOpenSession = (connection, context, token) => context.Lease.ProcessId == first.ProcessId
            ? throw new WorkerConnectionException("full") { IsAtCapacity = true }
            : connection.OpenSessionAsync(context, token);

        FakeSession second = await rig.OpenAsync();

        Assert.NotEqual(first.ProcessId, second.ProcessId);
        Assert.True(ProcessProbe.IsRunning(first.ProcessId));
        Assert.Equal((2, 2), (rig.Statistics().ActiveCount, rig.Statistics().SessionCount));
    }

    [Fact]
    [Failure("the worker takes no further execution now")]
    public async Task Init_WorkerSaysItIsFull_TheNextSessionGetsAnotherUntilTheWorkerIsIdle()
    {
        await using var rig = new PoolRig(options => options.SessionsPerWorker = 4, change: specification => specification.WithConcurrentUdfs());
        FakeSession first = await rig.OpenAsync();
        FakeSession refused = await rig.OpenAsync();
        Assert.Equal(first.ProcessId, refused.ProcessId);
        refused.End(WorkerSessionOutcome.Failed(new WorkerConnectionException("full") { IsAtCapacity = true }));
        await refused.CloseAsync().DefaultTimeout();

        FakeSession next = await rig.OpenAsync();

        Assert.NotEqual(first.ProcessId, next.ProcessId);
        Assert.True(ProcessProbe.IsRunning(first.ProcessId));
        await next.CloseAsync().DefaultTimeout();
        await first.CloseAsync().DefaultTimeout();
        FakeSession[] again = [await rig.OpenAsync(), await rig.OpenAsync(), await rig.OpenAsync(), await rig.OpenAsync()];
        Assert.Equal(2, again.Count(session => session.ProcessId == first.ProcessId));
    }

    [Fact]
    public async Task Init_WorkerSaysItIsFullAndRunsNothing_IsNotUsedAgain()
    {
        await using var rig = new PoolRig();
        FakeSession refused = await rig.OpenAsync();
        refused.End(WorkerSessionOutcome.Failed(new WorkerConnectionException("full") { IsAtCapacity = true }));

        await refused.CloseAsync().DefaultTimeout();

        Assert.False(ProcessProbe.Exists(refused.ProcessId));
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Broken));
    }

    [Fact]
    public async Task CreateSession_FirstWorkerWasDead_TheTimeCountsForAllTries()
    {
        await using var rig = new PoolRig(options =>
        {
            options.MaxWorkers = 1;
            options.AcquireTimeout = TimeSpan.FromSeconds(30);
        });
        int dead = await rig.RunAsync();
        var starting = new SyncPoint();
        rig.Dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            await starting.HoldAsync().WaitAsync(token);
            return await rig.Dispatcher.WaitForFileAsync(endpoint, token);
        };
        rig.Dispatcher.OnOpenSession = async (connection, context, token) =>
        {
            if (context.Lease.ProcessId != dead)
            {
                return await connection.OpenSessionAsync(context, token);
            }

            rig.Clock.Advance(TimeSpan.FromSeconds(20));
            ProcessTable.Signal(dead, ProcessTable.SigKill);
            await PoolRig.UntilAsync(() => connection.Lost.IsCancellationRequested);
            throw connection.LostReason!;
        };

        Task<FakeSession> session = rig.BeginAsync();
        await starting.Reached.DefaultTimeout();
        await PoolRig.UntilAsync(() => rig.Statistics().WaitingCount == 1);
        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<WorkerPoolExhaustedException>(() => session.DefaultTimeout());
        Assert.Contains("none became so within 30 s (WorkerPoolOptions.AcquireTimeout)", error.Message, StringComparison.Ordinal);
        starting.Continue();
    }

    [Fact]
    public async Task CreateSession_WorkerDiedWhileItWasIdleAndNobodyHasNoticed_AnotherIsTaken()
    {
        await using var rig = new PoolRig();
        int dead = await rig.RunAsync();
        rig.Dispatcher.OnOpenSession = async (connection, context, token) =>
        {
            if (context.Lease.ProcessId == dead)
            {
                ProcessTable.Signal(dead, ProcessTable.SigKill);
                await PoolRig.UntilAsync(() => connection.Lost.IsCancellationRequested);
                throw connection.LostReason!;
            }

            return await connection.OpenSessionAsync(context, token);
        };

        FakeSession session = await rig.OpenAsync();

        Assert.NotEqual(dead, session.ProcessId);
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Died));
    }
}
