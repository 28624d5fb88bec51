using System.Runtime.CompilerServices;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Which worker is used again, and which is not.</summary>
public sealed class WorkerPoolReturnTests
{
    [Fact]
    public async Task Release_NoReuse_ClosingTheSessionWaitsForTheEnd()
    {
        await using var rig = new PoolRig(change: specification => specification.WithReuse(false));

        int processId = await rig.RunAsync();

        Assert.False(ProcessProbe.Exists(processId));
        Assert.Equal(1, rig.Retired(WorkerRetireReason.NoReuse));
    }

    [Fact]
    public async Task Release_SessionFailed_TheWorkerIsGone()
    {
        await using var rig = new PoolRig();
        FakeSession session = await rig.OpenAsync();
        session.Lease.MarkInvalid(new InvalidOperationException("out of step"));

        await session.CloseAsync().DefaultTimeout();

        Assert.False(ProcessProbe.Exists(session.ProcessId));
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Broken));
        Assert.NotEqual(session.ProcessId, await rig.RunAsync());
    }

    [Fact]
    public async Task Release_SessionFailedAndAnotherRunsOnTheWorker_ItEndsWithTheOther()
    {
        await using var rig = new PoolRig(options => options.SessionsPerWorker = 2, change: specification => specification.WithConcurrentUdfs());
        FakeSession failed = await rig.OpenAsync();
        FakeSession other = await rig.OpenAsync();
        failed.Lease.MarkInvalid(new InvalidOperationException("out of step"));

        await failed.CloseAsync().DefaultTimeout();

        Assert.True(ProcessProbe.IsRunning(other.ProcessId));
        FakeSession next = await rig.OpenAsync();
        Assert.NotEqual(other.ProcessId, next.ProcessId);
        await other.CloseAsync().DefaultTimeout();
        Assert.False(ProcessProbe.Exists(other.ProcessId));
    }

    [Fact]
    public async Task Acquire_WorkerHasPrintedAFatalLineWhileItWasIdle_AnotherServes()
    {
        await using var rig = new PoolRig(script: "touch \"$4\"; while [ ! -e \"$4.go\" ]; do sleep 0.01; done; rm \"$4.go\"; echo 'panic: of its own'; read -r _");
        int first = await rig.RunAsync();
        await File.WriteAllTextAsync(rig.Dispatcher.Allocated.Single() + ".go", "");
        await rig.Logs.WaitForAsync(entry => entry.Message.Contains("panic: of its own", StringComparison.Ordinal)).DefaultTimeout();

        FakeSession session = await rig.OpenAsync();

        Assert.NotEqual(first, session.ProcessId);
        Assert.False(ProcessProbe.Exists(first));
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Broken));
        await session.CloseAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Release_Twice_IsCaught()
    {
        await using var rig = new PoolRig();
        FakeSession session = await rig.OpenAsync();
        await session.CloseAsync().DefaultTimeout();

        await Assert.ThrowsAsync<InvalidOperationException>(() => session.Lease.ReleaseAsync(session.Outcome!).AsTask());

        Assert.Equal(1, rig.Statistics().IdleCount);
    }

    [Fact]
    [Failure("a session was never closed")]
    public async Task Release_Never_IsFoundByTheGarbageCollector()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        rig.Dispatcher.HoldsSessions = false;
        int forgotten = await ForgetAsync(rig);

        // A caller who waits gets the place.
        Task<FakeSession> waiting = rig.BeginAsync();
        await PoolRig.UntilAsync(() =>
        {
            GC.Collect();
            return waiting.IsCompleted;
        });

        Assert.NotEqual(forgotten, (await waiting.DefaultTimeout()).ProcessId);
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Abandoned));
        Assert.Contains(rig.Logs.Entries, entry => entry.Id.Name == "SessionAbandoned" && entry.Message.Contains($"(pid {forgotten})", StringComparison.Ordinal));
    }

    [Fact]
    [Failure("a worker was found unfit")]
    public async Task Release_OutputShowsAFatalError_TheWorkerIsNotUsedAgain()
    {
        await using var rig = new PoolRig(script: "echo 'panic: no more' >&2; " + Scripts.WellBehaved);
        FakeSession session = await rig.OpenAsync();
        await rig.Logs.WaitForAsync(entry => entry.Message.Contains("panic:", StringComparison.Ordinal)).DefaultTimeout();

        await session.CloseAsync().DefaultTimeout();

        Assert.False(ProcessProbe.Exists(session.ProcessId));
        Assert.Contains(rig.Logs.Entries, entry => entry.Id.Name == "WorkerUnfit" && entry.Message.Contains("its output shows a fatal error: panic: no more", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Release_OutputIsFatalToAnother_TheOptionDecides()
    {
        await using var rig = new PoolRig(options => options.IsFatalOutput = static _ => false, script: "echo 'panic: no more' >&2; " + Scripts.WellBehaved);
        FakeSession session = await rig.OpenAsync();
        await rig.Logs.WaitForAsync(entry => entry.Message.Contains("panic:", StringComparison.Ordinal)).DefaultTimeout();
        await session.CloseAsync().DefaultTimeout();

        Assert.Equal(session.ProcessId, await rig.RunAsync());
    }

    [Fact]
    public async Task Release_WorkerDoesNotAnswer_IsNotUsedAgain()
    {
        await using var rig = new PoolRig(more: options => options.HeartbeatInterval = TimeSpan.FromSeconds(3));
        rig.Dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            var connection = (FakeConnection)await rig.Dispatcher.WaitForFileAsync(endpoint, token);
            connection.OnPing = static async token => await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return connection;
        };
        FakeSession session = await rig.OpenAsync();
        rig.Clock.Advance(TimeSpan.FromSeconds(4));

        Task close = session.CloseAsync().AsTask();
        await PoolRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            return close.IsCompleted;
        });

        Assert.False(ProcessProbe.Exists(session.ProcessId));
        Assert.Contains(rig.Logs.Entries, entry => entry.Id.Name == "WorkerUnfit" && entry.Message.Contains("it did not answer within 3000 ms when its session was over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Release_AnsweredLately_IsNotAsked()
    {
        int asked = 0;
        await using var rig = new PoolRig();
        rig.Dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            var connection = (FakeConnection)await rig.Dispatcher.WaitForFileAsync(endpoint, token);
            connection.OnPing = _ =>
            {
                Interlocked.Increment(ref asked);
                return ValueTask.CompletedTask;
            };
            return connection;
        };
        FakeSession session = await rig.OpenAsync();
        await session.CloseAsync().DefaultTimeout();
        Assert.Equal(0, Volatile.Read(ref asked));

        FakeSession longer = await rig.OpenAsync();
        rig.Clock.Advance(TimeSpan.FromSeconds(6));
        await longer.CloseAsync().DefaultTimeout();

        Assert.Equal(1, Volatile.Read(ref asked));
        Assert.Equal(session.ProcessId, await rig.RunAsync());
    }

    [Fact]
    public async Task Release_TooMuchMemory_IsRetiredAndNobodyWaitsForIt()
    {
        await using var rig = new PoolRig(options => options.MaxResidentBytes = 1024 * 1024, script: "exec python3 -c 'import sys; open(sys.argv[4], \"w\"); sys.stdin.read()' \"$@\"");

        int first = await rig.RunAsync();

        Assert.Equal(1, rig.Retired(WorkerRetireReason.Memory));
        Assert.NotEqual(first, await rig.RunAsync());
    }

    [Fact]
    public async Task Release_ServedAsManyAsItMay_IsRetired()
    {
        await using var rig = new PoolRig(options => options.MaxSessionsPerWorker = 2);

        int[] processes = [await rig.RunAsync(), await rig.RunAsync(), await rig.RunAsync()];

        Assert.Equal(processes[0], processes[1]);
        Assert.NotEqual(processes[0], processes[2]);
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Sessions));
    }

    [Fact]
    public async Task Idle_ForTooLong_Ends()
    {
        await using var rig = new PoolRig();
        await rig.RunAsync();

        rig.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, rig.Statistics().IdleCount);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, rig.Retired(WorkerRetireReason.Idle));
        await rig.Dispatcher.WaitUntilNothingIsLeftAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Idle_OfAScope_IsForgottenWithIt()
    {
        await using var rig = new PoolRig(options => options.MinIdleWorkers = 1);
        await rig.RunAsync("tenant");
        await PoolRig.UntilAsync(() => rig.Statistics("tenant") is { IdleCount: > 0, StartingCount: 0 });

        rig.Clock.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal(1, rig.Statistics("tenant").IdleCount);
        rig.Clock.Advance(TimeSpan.FromSeconds(61));

        await PoolRig.UntilAsync(() => rig.Dispatcher.GetStatistics().Count == 0);
        Assert.Equal(0, rig.Dispatcher.WorkerCount);
        await rig.RunAsync("tenant");
    }

    [Fact]
    public async Task Age_IsReached_RetiresTheIdleAndTheBusyAfterTheirSession()
    {
        await using var rig = new PoolRig(options => options.MaxWorkerAge = TimeSpan.FromSeconds(30));
        FakeSession busy = await rig.OpenAsync();
        await rig.RunAsync();

        rig.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(1, rig.Retired(WorkerRetireReason.Age));
        Assert.True(ProcessProbe.IsRunning(busy.ProcessId));
        await busy.CloseAsync().DefaultTimeout();
        Assert.Equal(2, rig.Retired(WorkerRetireReason.Age));
        await rig.Dispatcher.WaitUntilNothingIsLeftAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Idle_WorkerDies_LeavesThePool()
    {
        await using var rig = new PoolRig();
        int killed = await rig.RunAsync();

        ProcessTable.Signal(killed, ProcessTable.SigKill);

        await PoolRig.UntilAsync(() => rig.Retired(WorkerRetireReason.Died) == 1);
        Assert.NotEqual(killed, await rig.RunAsync());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> ForgetAsync(PoolRig rig) => (await rig.OpenAsync()).ProcessId;
}
