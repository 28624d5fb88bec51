using Microsoft.Extensions.Logging;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>The scenarios of upstream's DirectWorkerDispatcherSuite about workers and sessions; the numbers are those of the suite.</summary>
public sealed class DirectWorkerDispatcherTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    [Fact] // 1
    public async Task CreateSession_WorkerIsReady_WorkerRunsUntilTheSessionIsClosed()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());

        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.True(ProcessProbe.IsRunning(session.ProcessId));
        Assert.Equal(1, dispatcher.WorkerCount);
        Assert.True(File.Exists(Assert.Single(dispatcher.Allocated)));
        await session.CloseAsync().DefaultTimeout();
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 2
    public void Constructor_NoCapabilities_IsRefused() =>
        Assert.Contains("capabilities", Refused(Scripts.Worker() with { Capabilities = null }), StringComparison.Ordinal);

    [Fact] // 2, on purpose other than upstream
    public async Task Constructor_RawAlone_IsAValidFormat()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithDataFormats(WorkerDataFormat.Raw));
        Assert.Equal([WorkerDataFormat.Raw], dispatcher.Specification.Capabilities!.DataFormats);
    }

    [Fact] // 3
    public void Constructor_UnspecifiedEnumValues_IsRefused() =>
        Assert.Contains("supportedDataFormats", Refused(Scripts.Worker().WithDataFormats(WorkerDataFormat.Unspecified)), StringComparison.Ordinal);

    [Fact] // 4
    public async Task CreateSession_EightThreadsAtOnce_EightWorkersAtEightAddresses()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        using var barrier = new Barrier(8);

        FakeSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return dispatcher.CreateSessionAsync().AsTask();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap())).DefaultTimeout();

        Assert.Equal(8, sessions.Select(session => session.ProcessId).Distinct().Count());
        Assert.Equal(8, sessions.Select(session => session.WorkerId).Distinct().Count());
        Assert.Equal(8, dispatcher.Allocated.Distinct().Count());
        await Task.WhenAll(sessions.Select(session => session.CloseAsync().AsTask())).DefaultTimeout();
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 5
    public async Task Dispose_SessionsClosedAndOpen_AllWorkersAreGone()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        FakeSession closed = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await dispatcher.CreateSessionAsync().DefaultTimeout();
        await closed.CloseAsync().DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        dispatcher.AssertNothingLeft();
    }

    [Fact] // 6
    public async Task Dispose_WorkerIgnoresTermination_IsKilledAfterItsGracePeriod()
    {
        var logs = new ListLoggerFactory();
        var clock = new ManualTimeProvider();
        var dispatcher = new FakeDispatcher(Scripts.Worker(Scripts.IgnoresTermination).WithGracefulTerminationTimeout(Grace), loggerFactory: logs, timeProvider: clock);
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Task closing = dispatcher.DisposeAsync().AsTask();
        await clock.WaitForTimerAsync(Grace).DefaultTimeout();
        clock.Advance(Grace - TimeSpan.FromMilliseconds(1));
        Assert.True(ProcessProbe.IsRunning(session.ProcessId));
        clock.Advance(TimeSpan.FromMilliseconds(1));

        await closing.DefaultTimeout();
        dispatcher.AssertNothingLeft();
        Assert.Contains(logs.Of(LogLevel.Warning), entry => entry.Message.Contains("500 ms after SIGTERM", StringComparison.Ordinal));
        Assert.Contains(logs.Entries, entry => entry.Message.Contains("was ended by this host with SIGKILL (the dispatcher was closed)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dispose_ManyWorkersIgnoreTermination_TakesOneGracePeriod()
    {
        const int Workers = 32;
        var clock = new ManualTimeProvider();
        var dispatcher = new FakeDispatcher(Scripts.Worker(Scripts.IgnoresTermination).WithGracefulTerminationTimeout(Grace), timeProvider: clock);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => dispatcher.CreateSessionAsync().AsTask())).DefaultTimeout();

        // All wait at the same time, and the clock moves once: if one waited for another, it would wait for ever.
        Task closing = dispatcher.DisposeAsync().AsTask();
        await FakeDispatcher.WaitUntilAsync(() => clock.CountTimers(Grace) == Workers).DefaultTimeout();
        clock.Advance(Grace);

        await closing.DefaultTimeout();
        Assert.Equal(Workers, dispatcher.CleanedUp.Count);
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 7
    public async Task CloseSession_WorkerBehavesWell_ProcessAndAddressAreGoneAtOnce()
    {
        // The clock stands still: whatever waited for a limit would wait for ever.
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), timeProvider: new ManualTimeProvider());
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        string address = Assert.Single(dispatcher.Allocated);

        await session.CloseAsync().DefaultTimeout();

        Assert.False(ProcessProbe.Exists(session.ProcessId));
        Assert.False(File.Exists(address));
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 8
    public async Task Dispose_FourSessionsCloseAtTheSameTime_NothingIsLeft()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        FakeSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => dispatcher.CreateSessionAsync().AsTask())).DefaultTimeout();
        Func<Task>[] closes = [.. sessions.Select(session => (Func<Task>)(() => session.CloseAsync().AsTask())), () => dispatcher.DisposeAsync().AsTask()];
        using var barrier = new Barrier(closes.Length);

        await Task.WhenAll(closes.Select(close => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return close();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap())).DefaultTimeout();

        dispatcher.AssertNothingLeft();
    }

    [Theory] // 9
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_CreationIsBlockedInAHook_CallerHearsOfTheCloseAndNothingIsLeft(bool hookListens)
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        var point = new SyncPoint();
        dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            if (hookListens)
            {
                await point.HoldAsync().WaitAsync(token);
            }

            // Held after the worker was ready: the close ends its process at once, and what is not there by then never comes.
            WorkerConnection connection = await dispatcher.WaitForFileAsync(endpoint, CancellationToken.None);
            await point.HoldAsync();
            return connection;
        };
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await point.Reached.DefaultTimeout();

        Task close = dispatcher.DisposeAsync().AsTask();
        if (!hookListens)
        {
            Assert.False(close.IsCompleted);
            point.Continue();
        }

        var closed = await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        Assert.Contains("closed", closed.Message, StringComparison.Ordinal);
        await close.DefaultTimeout();
        Assert.Single(dispatcher.Endpoints);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_AHookNeverReturns_ItsProcessEndsAndTheCloseIsBounded()
    {
        var logs = new ListLoggerFactory();
        var clock = new ManualTimeProvider();
        var dispatcher = new FakeDispatcher(Scripts.Worker(), loggerFactory: logs, timeProvider: clock);
        var stuck = new SyncPoint();
        var exited = new TaskCompletionSource();
        dispatcher.OnWaitUntilReady = async (endpoint, _) =>
        {
            endpoint.ExitToken.Register(exited.SetResult);
            await stuck.HoldAsync();
            throw new InvalidOperationException("It gave up in the end.");
        };
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await stuck.Reached.DefaultTimeout();

        Task close = dispatcher.DisposeAsync().AsTask();

        await exited.Task.DefaultTimeout();
        var bound = TimeSpan.FromSeconds(10 + 5 + 5);
        await clock.WaitForTimerAsync(bound).DefaultTimeout();
        Assert.False(close.IsCompleted);
        clock.Advance(bound);
        await close.DefaultTimeout();
        Assert.Contains(logs.Of(LogLevel.Error), static entry => entry.Message.Contains("wait for the sessions being created within 20000 ms", StringComparison.Ordinal));

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        stuck.Continue();
        await dispatcher.WaitUntilNothingIsLeftAsync().DefaultTimeout();
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task CreateSession_HookReturnsAfterTheDeadline_ConnectionIsClosedAndItTimesOut()
    {
        var clock = new ManualTimeProvider();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), timeProvider: clock);
        var point = new SyncPoint();
        dispatcher.OnWaitUntilReady = async (endpoint, _) =>
        {
            await point.HoldAsync();
            var connection = new FakeConnection(endpoint);
            dispatcher.Connections.Enqueue(connection);
            return connection;
        };
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await point.Reached.DefaultTimeout();

        clock.Advance(TimeSpan.FromSeconds(10));
        point.Continue();

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => creation.DefaultTimeout());
        Assert.Contains("10000 ms (DirectWorkerOptions.InitializationTimeout)", error.Message, StringComparison.Ordinal);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_CreationIsOpeningItsSession_NothingIsLeft()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        var point = new SyncPoint();
        dispatcher.OnOpenSession = async (connection, context, token) =>
        {
            await point.HoldAsync().WaitAsync(token);
            return await connection.OpenSessionAsync(context, token);
        };
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await point.Reached.DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 10, 11
    public async Task Constructor_TimeoutsAboveTheMaximum_AreCutWithAWarning()
    {
        var logs = new ListLoggerFactory();
        WorkerSpecification specification = Scripts.Worker().WithInitializationTimeout(TimeSpan.FromSeconds(60)).WithGracefulTerminationTimeout(TimeSpan.FromSeconds(60));
        await using var dispatcher = new FakeDispatcher(specification, loggerFactory: logs);

        Assert.Equal(TimeSpan.FromSeconds(30), dispatcher.Timeouts.Initialization.Value);
        Assert.Equal(TimeSpan.FromSeconds(30), dispatcher.Timeouts.GracefulTermination.Value);
        Assert.Equal(2, logs.Of(LogLevel.Warning).Count(entry => entry.Message.Contains("60000 ms was cut to 30000 ms (DirectWorkerOptions.MaximumTimeout", StringComparison.Ordinal)));
    }

    [Fact] // 10, 11, on purpose other than upstream
    public async Task Constructor_MaximumTimeoutIsRaised_TimeoutsOfTheSpecificationHold()
    {
        var options = new DirectWorkerOptions { MaximumTimeout = TimeSpan.FromSeconds(90) };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInitializationTimeout(TimeSpan.FromSeconds(60)), options);

        Assert.Equal(TimeSpan.FromSeconds(60), dispatcher.Timeouts.Initialization.Value);
        Assert.Equal(TimeSpan.FromSeconds(5), dispatcher.Timeouts.GracefulTermination.Value);
    }

    [Fact] // 12
    public async Task CreateSession_AfterDispose_Throws()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        await dispatcher.DisposeAsync().DefaultTimeout();

        var closed = await Assert.ThrowsAsync<ObjectDisposedException>(() => dispatcher.CreateSessionAsync().AsTask());
        Assert.Contains("closed", closed.Message, StringComparison.Ordinal);
    }

    [Fact] // 14
    public async Task Dispose_CalledTwiceAndFromManyThreads_ClosesTheTransportOnce()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        await dispatcher.CreateSessionAsync().DefaultTimeout();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => dispatcher.DisposeAsync().AsTask()))).DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();
        dispatcher.Dispose();

        Assert.Equal(1, dispatcher.CloseCount);
        Assert.False(System.IO.Directory.Exists(dispatcher.Directory.FullName));
    }

    [Fact] // 15
    public async Task CreateSession_SessionHookThrows_SameErrorAndNothingIsLeft()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        var failure = new NotSupportedException("no sessions today");
        dispatcher.OnOpenSession = (_, _, _) => throw failure;

        Assert.Same(failure, await Assert.ThrowsAsync<NotSupportedException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout()));
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 16
    public void Constructor_NoConnection_IsRefused() =>
        Assert.Contains("connection must be set", Refused(WorkerSpecification.ForCommand("worker")), StringComparison.Ordinal);

    [Fact] // 17: which transport serves what is the transport's word
    public void Constructor_ConnectionOfAnotherTransport_IsRefusedWithEveryProblem()
    {
        string message = Refused(Scripts.Worker().OverTcp().WithDataFormats());
        Assert.Contains("serves only its own connections", message, StringComparison.Ordinal);
        Assert.Contains("supportedDataFormats", message, StringComparison.Ordinal);
    }

    [Fact] // 18
    public async Task CreateSession_ReadyHookThrows_SameErrorAndNothingIsLeft()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        var failure = new WorkerProtocolException("it speaks something else");
        dispatcher.OnWaitUntilReady = (_, _) => throw failure;

        Assert.Same(failure, await Assert.ThrowsAsync<WorkerProtocolException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout()));
        Assert.Single(dispatcher.Endpoints);
        dispatcher.AssertNothingLeft();
    }

    [Fact] // 19, told earlier than upstream does
    public void Constructor_EmptyCommand_IsRefused()
    {
        WorkerSpecification specification = Scripts.Worker();
        Assert.Contains("at least one entry", Refused(specification with { Direct = specification.Direct! with { Runner = new ProcessCallable() } }), StringComparison.Ordinal);
    }

    [Fact] // 31, on purpose other than upstream: a fresh worker serves one session, so it never crosses a scope
    public async Task CreateSession_SecurityScope_IsAccepted()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        var options = new WorkerSessionOptions { SecurityScope = WorkerSecurityScope.Named("tenant") };

        await using FakeSession session = await dispatcher.CreateSessionAsync(options).DefaultTimeout();

        Assert.Equal(options, session.Options);
    }

    private static string Refused(WorkerSpecification specification) =>
        Assert.Throws<WorkerSpecificationException>(() => new FakeDispatcher(specification)).Message;
}
