using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// What a dispatcher does with real workers over a real transport: the scenarios of upstream's DirectWorkerDispatcherSuite (their numbers stand beside the tests) and DirectGrpcDispatcherIntegrationSuite.
/// What has nothing to do with a transport is tested with Udf.Worker.Direct; bad luck has a suite of its own.
/// </summary>
public abstract class DispatcherContract : WorkerContract
{
    [Fact] // 1, 7
    public async Task CreateSession_WorkerIsReady_WorkerLivesUntilTheSessionIsClosed()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();

        WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.True(ProcessTable.IsRunning(Assert.Single(Trace.ProcessIds)));
        Assert.Equal(1, dispatcher.WorkerCount);
        Assert.True(Transport.IsThere(Assert.Single(Trace.Addresses)));
        await session.CloseAsync().DefaultTimeout();
        Assert.Equal(0, dispatcher.WorkerCount);
        AssertNothingLeft();
    }

    [Fact] // 4
    public async Task CreateSession_EightThreadsAtOnce_EightWorkersAtEightAddresses()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();
        using var barrier = new Barrier(8);

        WorkerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return dispatcher.CreateSessionAsync().AsTask();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap())).DefaultTimeout();

        Assert.Equal(8, sessions.Select(session => session.WorkerId).Distinct().Count());
        Assert.Equal(8, Trace.ProcessIds.Distinct().Count());
        Assert.Equal(8, Trace.Addresses.Distinct().Count());
        Assert.Equal(8, dispatcher.WorkerCount);
    }

    [Fact] // 5
    public async Task Dispose_SessionsClosedAndOpen_AllWorkersAreGone()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();
        WorkerSession closed = await StartAsync(dispatcher, "udf.echo");
        await StartAsync(dispatcher, "udf.echo");
        await closed.CloseAsync().DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        AssertNothingLeft();
    }

    [Fact] // 6
    public async Task Dispose_WorkerIgnoresTermination_IsKilledAfterItsGracePeriod()
    {
        var grace = TimeSpan.FromMilliseconds(500);
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("ignore-sigterm").WithGracefulTerminationTimeout(grace)));
        WorkerSession session = await StartAsync(dispatcher, "udf.echo");
        long begun = TimeProvider.System.GetTimestamp();

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), grace - TimeSpan.FromMilliseconds(5), grace + Machine.Stretch(TimeSpan.FromSeconds(2)));
        AssertNothingLeft();
        Assert.Contains(Trace.Logs.Of(LogLevel.Warning), entry => entry.Message.Contains("500 ms after SIGTERM", StringComparison.Ordinal));
        GC.KeepAlive(session); // The worker of a session that is forgotten is ended.
    }

    [Fact] // 8
    public async Task Dispose_WhileFourSessionsAreClosed_AllEndWithoutAnError()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();
        WorkerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartAsync(dispatcher, "udf.echo")));

        await Task.WhenAll([.. sessions.Select(session => Task.Run(() => session.CloseAsync().AsTask())), Task.Run(() => dispatcher.DisposeAsync().AsTask())]).DefaultTimeout();

        AssertNothingLeft();
    }

    [Fact] // 9
    public async Task Dispose_WhileASessionIsBeingCreated_TheCallerHearsOfTheCloseAndTheWorkerIsGone()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Script("exec sleep 300")));
        Task<WorkerSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await Trace.WaitForStartAsync();

        await dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        Assert.Single(Trace.ProcessIds);
        AssertNothingLeft();
    }

    [Fact] // 10 and 11, on purpose other than upstream
    public void Constructor_LongTimeouts_AreCutToAnOptionAndNotToAConstant()
    {
        WorkerSpecification specification = Specification().WithInitializationTimeout(TimeSpan.FromMinutes(1)).WithGracefulTerminationTimeout(TimeSpan.FromMinutes(1));

        DirectWorkerDispatcher byDefault = CreateDispatcher(specification);
        DirectWorkerDispatcher patient = CreateDispatcher(specification, new DirectWorkerOptions { MaximumTimeout = TimeSpan.FromMinutes(2) });

        Assert.Equal(TimeSpan.FromSeconds(30), byDefault.Timeouts.Initialization.Value);
        Assert.Equal(TimeSpan.FromSeconds(30), byDefault.Timeouts.GracefulTermination.Value);
        Assert.Equal(TimeSpan.FromMinutes(1), patient.Timeouts.Initialization.Value);
        Assert.Equal(TimeSpan.FromMinutes(1), patient.Timeouts.GracefulTermination.Value);
    }

    [Fact] // 12
    [Failure("a session from a closed dispatcher")]
    public async Task CreateSession_AfterDispose_IsRefused()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();
        await dispatcher.DisposeAsync().DefaultTimeout();

        var error = await Assert.ThrowsAsync<ObjectDisposedException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("closed", error.Message, StringComparison.Ordinal);
        Assert.Empty(Trace.ProcessIds);
    }

    [Fact] // 2, on purpose other than upstream: ARROW need not be among the formats
    public async Task Specification_RawAlone_IsAValidFormat()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(Specification().WithDataFormats(WorkerDataFormat.Raw)), "udf.echo");
        AssertSame([Bytes(10)], await session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Specification_ArrowAlone_IsAValidFormat()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(Specification().WithDataFormats(WorkerDataFormat.Arrow)), "udf.echo");
        AssertSame([Bytes(10)], await session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());
    }

    [Fact] // 2, 3, 16, 19
    [Failure("the specification is not valid")]
    public void Specification_Incomplete_IsRefusedWithEveryProblem()
    {
        Assert.Contains("capabilities", Refused(Specification() with { Capabilities = null }), StringComparison.Ordinal);
        Assert.Contains("supportedDataFormats", Refused(Specification().WithDataFormats(WorkerDataFormat.Unspecified)), StringComparison.Ordinal);
        Assert.Contains("direct.properties.connection", Refused(Program.Specification), StringComparison.Ordinal);
        Assert.Contains("direct.runner.command", Refused(Specification() with { Direct = Specification().Direct! with { Runner = new ProcessCallable() } }), StringComparison.Ordinal);
    }

    [Fact] // 17, on purpose other than upstream: each transport has its dispatcher
    public void Specification_OtherTransportOrCarrier_IsRefusedByName()
    {
        Assert.Contains("direct.properties.connection", Refused(Transport.SetOtherConnection(Specification())), StringComparison.Ordinal);
        Assert.Contains("speaks gRPC", Refused(Specification().WithCarrier(WorkerCarrier.Grpc)), StringComparison.Ordinal);
    }

    [Fact] // 31, on purpose other than upstream
    public async Task CreateSession_WithASecurityScope_IsAccepted()
    {
        var options = new WorkerSessionOptions { SecurityScope = WorkerSecurityScope.Named("tenant 7") };
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.echo", options: options);
        AssertSame([Bytes(10)], await session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());
    }

    [Fact] // 21, on purpose other than upstream: a socket that exists and a port that accepts are not enough
    public async Task CreateSession_ReadyIsAnAnsweredPreface()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("accepts-never-answers").WithInitializationTimeout(TimeSpan.FromSeconds(4))));

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("has not answered the preface", error.Message, StringComparison.Ordinal);
    }

    [Fact] // 22 to 33, in one run
    public async Task Environment_IsPreparedOnceBeforeTheFirstWorkerAndCleanedUpAfterTheLast()
    {
        string record = Path.GetTempFileName();
        try
        {
            ProcessCallable Callable(string word, int exitCode) => ProcessCallable.Create("/bin/sh", "-c", $"echo {word} >> '{record}'; exit {exitCode}");
            DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification()
                .WithVerification(Callable("verify", 1))
                .WithInstallation(Callable("install", 0))
                .WithCleanup(Callable("clean", 0)));

            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                await using WorkerSession session = await StartAsync(dispatcher, "udf.echo");
            })).DefaultTimeout();

            Assert.Equal(["verify", "install"], await File.ReadAllLinesAsync(record));
            await dispatcher.DisposeAsync().DefaultTimeout();
            Assert.Equal(["verify", "install", "clean"], await File.ReadAllLinesAsync(record));
        }
        finally
        {
            File.Delete(record);
        }
    }

    [Fact]
    public async Task Session_WorkersOutput_NeverDisturbsTheWireAndGoesToTheLog()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(Connected(WorkerProgram.Misbehaving("spam-stderr:1"))), "udf.echo");
        ReadOnlyMemory<byte>[] batches = [.. Enumerable.Range(0, 50).Select(seed => Bytes(64 * KiB, seed))];

        AssertSame(batches, await session.ProcessAsync(Stream(batches)).ReadAllAsync().DefaultTimeout());

        await Trace.Logs.WaitForAsync(entry => entry.Category == "Udf.Worker.Output" && entry.Message.Contains("spam 00000000000000008191", StringComparison.Ordinal)).DefaultTimeout();
    }

    [Fact]
    public async Task Session_AGrandchildHoldsTheOutput_ClosingDoesNotWaitForIt()
    {
        WorkerSession session = await StartAsync(CreateDispatcher(Connected(WorkerProgram.Misbehaving("leave-grandchild-with-stdout:60"))), "udf.echo");
        await Trace.Logs.WaitForAsync(entry => entry.Message.Contains("grandchild", StringComparison.Ordinal)).DefaultTimeout();
        int worker = Assert.Single(Trace.ProcessIds);
        int grandchild = Assert.Single(Trace.Running(), id => id != worker);
        try
        {
            await session.CloseAsync().DefaultTimeout();

            Assert.False(ProcessTable.Exists(worker));
        }
        finally
        {
            // It was the worker's own, and outlived it in peace: nobody's to end but this test's.
            if (ProcessTable.IsRunning(grandchild))
            {
                ProcessTable.Signal(grandchild, ProcessTable.SigKill);
                await ProcessTable.WaitForExitAsync(grandchild).DefaultTimeout();
            }
        }
    }

    [Fact]
    public async Task Launcher_ForwardsTheConnection_ItAndItsWorkerEndWithTheSession()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Launched());

        foreach (int size in new[] { 5 * MiB, 5 })
        {
            WorkerSession session = await StartAsync(dispatcher, "udf.echo");
            Assert.Equal(2, Trace.Running().Count);
            AssertSame([Bytes(size)], await session.ProcessAsync(Stream(Bytes(size))).ReadAllAsync().DefaultTimeout());

            await session.CloseAsync().DefaultTimeout();

            await Task.WhenAll(Trace.Running().Select(ProcessTable.WaitForExitAsync)).DefaultTimeout();
            AssertNothingLeft();
        }
    }

    [Fact]
    public async Task Launcher_IsKilled_TheWorkerBehindItEndsAndTheSessionHearsOfIt()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(Launched()), "udf.echo");
        int launcher = Assert.Single(Trace.ProcessIds);
        int worker = Assert.Single(Trace.Running(), id => id != launcher);
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = session.ProcessAsync(Held(Bytes(10))).ReadAllAsync();

        ProcessTable.Signal(launcher, ProcessTable.SigKill);

        var error = await Assert.ThrowsAsync<WorkerExitedException>(() => results.DefaultTimeout());
        Assert.Equal("SIGKILL", error.Exit.Signal);
        await ProcessTable.WaitForExitAsync(worker).DefaultTimeout();
    }

    [Fact]
    public async Task Dispose_Synchronously_EndsTheWorkers()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();
        await StartAsync(dispatcher, "udf.echo");

        dispatcher.Dispose();

        AssertNothingLeft();
    }

    /// <summary>A worker behind a shell that stays between it and the engine.</summary>
    private WorkerSpecification Launched() => Connected(
        WorkerSpecification.ForCommand("/bin/sh", ["-c", "\"$@\"; exit $?", "launcher", Program.Command, .. Program.Arguments])
            .WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1"));

    private string Refused(WorkerSpecification specification) => Assert.Throws<WorkerSpecificationException>(() => CreateDispatcher(specification)).Message;
}
