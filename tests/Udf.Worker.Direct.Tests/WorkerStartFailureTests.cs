using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>What a caller hears when no worker can be had; the numbers are those of upstream's DirectWorkerDispatcherSuite.</summary>
public sealed class WorkerStartFailureTests
{
    [Fact] // 20
    public async Task CreateSession_WorkerExitsAtOnce_ErrorHasExitCodeAndLastLines()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("echo to stdout; echo to stderr >&2; exit 42"));

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("exited with code 42", error.Message, StringComparison.Ordinal);
        Assert.Contains("to stdout", error.Message, StringComparison.Ordinal);
        Assert.Contains("to stderr", error.OutputTail, StringComparison.Ordinal);
        Assert.Equal(new WorkerExit(42, null), error.Exit);
        Assert.Equal(Assert.Single(dispatcher.Endpoints).WorkerId, error.WorkerId);
        Assert.Equal(Assert.Single(dispatcher.ProcessIds), error.ProcessId);
        Assert.Equal(Assert.Single(dispatcher.Allocated), error.Endpoint);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task CreateSession_WorkerEndsBySignal_ErrorNamesIt()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("kill -SEGV $$"));

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Equal(new WorkerExit(null, "SIGSEGV"), error.Exit);
        Assert.Contains("SIGSEGV", error.Message, StringComparison.Ordinal);
    }

    [Fact] // 21
    public async Task CreateSession_WorkerIsNeverReady_TimesOutWithWhatWasSeen()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(Scripts.NeverReady).WithInitializationTimeout(TimeSpan.FromMilliseconds(500)));
        var watch = Stopwatch.StartNew();

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(495), Machine.Stretch(TimeSpan.FromSeconds(2)));
        Assert.Contains("within 500 ms (direct.properties.initializationTimeoutMs of the specification)", error.Message, StringComparison.Ordinal);
        Assert.Contains("there is no file yet", error.Message, StringComparison.Ordinal);
        Assert.Contains("still thinking", error.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMilliseconds(500), error.Timeout);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    [Failure("the worker's executable is missing")]
    public async Task CreateSession_ExecutableIsNotThere_ErrorNamesItAndTheField()
    {
        await using var dispatcher = new FakeDispatcher(WorkerSpecification.ForCommand("udf-no-such-program").OverCustom(FakeDispatcher.TransportName));

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("'udf-no-such-program' was not found (direct.runner.command[0] of the specification, looked up in PATH)", error.Message, StringComparison.Ordinal);
        Assert.Null(error.Exit);
        Assert.False(error.IsTransient);
        dispatcher.AssertNothingLeft();
    }

    [Theory]
    [InlineData("echo", UnixFileMode.UserRead, "is not executable by this user")]
    [InlineData("not a program", UnixFileMode.UserRead | UnixFileMode.UserExecute, "without a '#!' line")]
    [InlineData("#!/no/such/interpreter\n", UnixFileMode.UserRead | UnixFileMode.UserExecute, "interpreter that its first line names was not found")]
    public async Task CreateSession_FileCannotBeExecuted_ErrorSaysWhyAndWhatToDo(string content, UnixFileMode mode, string expected)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, mode);
            }

            await using var dispatcher = new FakeDispatcher(WorkerSpecification.ForCommand(path).OverCustom(FakeDispatcher.TransportName));

            var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.Contains("direct.runner.command[0]", error.Message, StringComparison.Ordinal);
            dispatcher.AssertNothingLeft();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task CreateSession_ExecutableIsADirectory_ErrorSaysThatItIsNotExecutable()
    {
        await using var dispatcher = new FakeDispatcher(WorkerSpecification.ForCommand("/tmp").OverCustom(FakeDispatcher.TransportName));

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("'/tmp' is not executable", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateSession_CallerCancels_CarriesItsTokenAndNothingIsLeft()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(Scripts.NeverReady));
        var point = new SyncPoint();
        dispatcher.OnWaitUntilReady = async (_, token) =>
        {
            await point.HoldAsync().WaitAsync(token);
            throw new InvalidOperationException("Not reached.");
        };
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> creation = dispatcher.CreateSessionAsync(cancellationToken: cancel.Token).AsTask();
        await point.Reached.DefaultTimeout();

        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creation.DefaultTimeout());
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task CreateSession_ConnectionBreaksBecauseTheWorkerExits_ErrorIsTheExit()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("touch \"$4\"; read -r _; exit 3"));
        dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            await dispatcher.WaitForFileAsync(endpoint, token);
            Process.GetProcessById(endpoint.ProcessId!.Value).Kill();
            throw new WorkerConnectionException("reset by peer");
        };

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
        Assert.IsType<WorkerConnectionException>(error.InnerException);
        Assert.Equal(dispatcher.Allocated, dispatcher.CleanedUp);
    }

    [Fact]
    public async Task CreateSession_ConnectionBreaksAndTheWorkerLives_SameErrorAfterTheExitNoticeTimeout()
    {
        var clock = new ManualTimeProvider();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), timeProvider: clock);
        var failure = new WorkerConnectionException("reset by peer");
        dispatcher.OnWaitUntilReady = (_, _) => throw failure;
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();

        await clock.WaitForTimerAsync(TimeSpan.FromSeconds(1)).DefaultTimeout();
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Same(failure, await Assert.ThrowsAsync<WorkerConnectionException>(() => creation.DefaultTimeout()));
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task CreateSession_AddressWasTaken_IsTriedThreeTimesAtDifferentAddresses()
    {
        var logs = new ListLoggerFactory();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("exit 98"), loggerFactory: logs);
        var asked = new List<string>();
        dispatcher.OnAddressTaken = (address, failure) =>
        {
            asked.Add(address);
            return failure.Exit!.ExitCode == 98;
        };

        await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Equal(3, dispatcher.Allocated.Distinct().Count());
        Assert.Equal(dispatcher.Allocated.Take(2), asked);
        Assert.Equal(2, logs.Of(LogLevel.Warning).Count());
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task CreateSession_AddressWasTakenOnce_NextWorkerIsUsed()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        dispatcher.OnAddressTaken = (_, _) => true;
        dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            if (dispatcher.Endpoints.Count == 1)
            {
                Process.GetProcessById(endpoint.ProcessId!.Value).Kill();
                await Task.Delay(Timeout.Infinite, token);
            }

            return await dispatcher.WaitForFileAsync(endpoint, token);
        };

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(2, dispatcher.Endpoints.Count);
        Assert.Equal(dispatcher.Endpoints.Last().WorkerId, session.WorkerId);
    }

    [Fact]
    public async Task CreateSession_CleanUpOfTheAddressFails_IsLoggedAndTheErrorIsKept()
    {
        var logs = new ListLoggerFactory();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("exit 42"), loggerFactory: logs);
        dispatcher.OnCleanUp = _ => throw new IOException("the disk is on fire");

        await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains(logs.Of(LogLevel.Error), entry => entry.Exception is IOException && entry.Message.Contains("clean up the address", StringComparison.Ordinal));
    }
}
