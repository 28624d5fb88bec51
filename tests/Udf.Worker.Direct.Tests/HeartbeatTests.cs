using Microsoft.Extensions.Logging;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>What becomes of a worker, and of its session, when its request loop is stuck.</summary>
public sealed class HeartbeatTests : IDisposable
{
    // Short, and real: the worker is a process, and its grace period runs on the same clock.
    private static readonly DirectWorkerOptions Often = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(20), HeartbeatMisses = 3 };

    private readonly ListLoggerFactory _logs = new();

    public void Dispose() => _logs.Dispose();

    [Fact]
    public async Task Stuck_ASessionRuns_EndsWithOneErrorThatSaysThatThisHostEndedTheWorkerAndWhy()
    {
        await using FakeDispatcher dispatcher = Dispatcher(Scripts.Worker().WithIndependentManage(), Never);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        var error = Assert.IsType<WorkerTimeoutException>(await session.RunUntilLostAsync().DefaultTimeout());

        Assert.Contains(
            "did not answer 3 heartbeats in a row, one every 20 ms (DirectWorkerOptions.HeartbeatMisses, DirectWorkerOptions.HeartbeatInterval): its request loop is stuck, and it ",
            error.Message,
            StringComparison.Ordinal);
        Assert.Contains($"stuck, and it {error.Exit}.", error.Message, StringComparison.Ordinal);
        Assert.Equal("DirectWorkerOptions.HeartbeatMisses, DirectWorkerOptions.HeartbeatInterval", error.Setting);
        Assert.Equal(TimeSpan.FromMilliseconds(60), error.Timeout);
        Assert.True(error.IsTransient);
        Assert.Equal((session.WorkerId, session.ProcessId), (error.WorkerId, error.ProcessId));
        Assert.True(error.Exit!.EndedByHost);
        Assert.Equal("it did not answer 3 heartbeats in a row, one every 20 ms", error.Exit.Reason);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
        Assert.Single(_logs.Of(LogLevel.Warning), entry => entry.Id.Name == "WorkerStuck");
        await dispatcher.DisposeAsync().DefaultTimeout();
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Stuck_WorkerIgnoresSigterm_TheErrorDoesNotWaitForItsEnd()
    {
        var options = new DirectWorkerOptions { HeartbeatInterval = Often.HeartbeatInterval, HeartbeatMisses = 1, ExitNoticeTimeout = TimeSpan.FromMilliseconds(1) };
        await using FakeDispatcher dispatcher = Dispatcher(Scripts.Worker(Scripts.IgnoresTermination).WithIndependentManage().WithGracefulTerminationTimeout(TimeSpan.FromSeconds(1)), Never, options);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        var error = Assert.IsType<WorkerTimeoutException>(await session.RunUntilLostAsync().DefaultTimeout());

        Assert.Null(error.Exit);
        Assert.Contains("it is being ended by this host", error.Message, StringComparison.Ordinal);
        await session.CloseAsync().DefaultTimeout();
        Assert.Contains(_logs.Entries, entry => entry.Message.Contains("was ended by this host with SIGKILL (it did not answer a heartbeat within 20 ms)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stuck_ItsOutputIsRecorded_IsKept()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("udf-kept-");
        try
        {
            var options = new DirectWorkerOptions { HeartbeatInterval = Often.HeartbeatInterval, FailureLogDirectory = directory.FullName };
            await using FakeDispatcher dispatcher = Dispatcher(Scripts.Worker("echo what I did last; " + Scripts.WellBehaved).WithIndependentManage(), Never, options);
            await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

            var error = Assert.IsType<WorkerTimeoutException>(await session.RunUntilLostAsync().DefaultTimeout());

            Assert.Contains("what I did last", error.OutputTail, StringComparison.Ordinal);
            Assert.Contains($"Its whole output is kept in {directory.FullName}", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Stuck_ManageIsNotIndependentAndTheSessionRuns_IsNotAsked()
    {
        int asked = 0;
        await using FakeDispatcher dispatcher = Dispatcher(Scripts.Worker(), _ =>
        {
            Interlocked.Increment(ref asked);
            return ValueTask.CompletedTask;
        });
        await using FakeDispatcher other = Dispatcher(Scripts.Worker().WithIndependentManage(), Never);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        int before = Volatile.Read(ref asked);
        await using FakeSession stuck = await other.CreateSessionAsync().DefaultTimeout();

        // In the time in which another worker was found to be stuck.
        await stuck.RunUntilLostAsync().DefaultTimeout();

        Assert.Equal(before, Volatile.Read(ref asked));
        Assert.False(dispatcher.Connections.Single().Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Exit_WhileHeartbeatsAreMissed_IsReportedAsWhatItIs()
    {
        var options = new DirectWorkerOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(1), HeartbeatMisses = 1000 };
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeDispatcher dispatcher = Dispatcher(
            Scripts.Worker().WithIndependentManage(),
            token =>
            {
                asked.TrySetResult();
                return Never(token);
            },
            options);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await asked.Task.DefaultTimeout();

        ProcessTable.Signal(session.ProcessId, ProcessTable.SigKill);

        var error = Assert.IsType<WorkerExitedException>(await session.RunUntilLostAsync().DefaultTimeout());
        Assert.Equal(("SIGKILL", false), (error.Exit.Signal, error.Exit.EndedByHost));
        Assert.DoesNotContain(_logs.Entries, entry => entry.Id.Name == "WorkerStuck");
    }

    private static async ValueTask Never(CancellationToken token) => await Task.Delay(Timeout.InfiniteTimeSpan, token);

    private FakeDispatcher Dispatcher(WorkerSpecification specification, Func<CancellationToken, ValueTask> answer, DirectWorkerOptions? options = null)
    {
        var dispatcher = new FakeDispatcher(specification, options ?? Often, _logs);
        dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            var connection = (FakeConnection)await dispatcher.WaitForFileAsync(endpoint, token);
            connection.OnPing = answer;
            return connection;
        };
        return dispatcher;
    }
}
