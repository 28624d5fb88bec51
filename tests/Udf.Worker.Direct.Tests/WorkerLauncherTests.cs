using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>The seam at which processes are started.</summary>
public sealed class WorkerLauncherTests
{
    [Fact]
    public async Task Launcher_IsReplaced_GetsTheCompleteDescription()
    {
        var launcher = new WrappingLauncher();
        var options = new DirectWorkerOptions { Launcher = launcher, WorkingDirectory = "/tmp", Limits = new WorkerLimits { OpenFileCount = 100 } };
        WorkerSpecification specification = Scripts.Worker() with { Environment = new WorkerEnvironment { Installation = Scripts.Callable("true") } };
        await using var dispatcher = new FakeDispatcher(specification, options);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        WorkerLaunch[] launches = [.. launcher.Launches];
        Assert.Equal(2, launches.Length);
        (WorkerLaunch callable, WorkerLaunch worker) = (launches[0], launches[1]);
        Assert.Null(callable.WorkerId);
        Assert.Null(callable.Address);
        Assert.False(callable.HoldsInputOpen);
        Assert.Same(WorkerLimits.Default, callable.Limits);
        Assert.Equal(session.WorkerId, worker.WorkerId);
        Assert.Equal(Assert.Single(dispatcher.Allocated), worker.Address);
        Assert.Equal("/bin/sh", worker.Executable);
        Assert.Equal(["--id", session.WorkerId, "--connection", worker.Address!], worker.Arguments.TakeLast(4));
        Assert.Equal("/tmp", worker.WorkingDirectory);
        Assert.Equal(100, worker.Limits.OpenFileCount);
        Assert.True(worker.HoldsInputOpen);
        Assert.Equal(System.Environment.GetEnvironmentVariable("PATH"), worker.EnvironmentVariables["PATH"]);
        Assert.Equal(session.WorkerId, worker.EnvironmentVariables["UDF_WORKER_ID"]);
        Assert.DoesNotContain(worker.EnvironmentVariables["UDF_WORKER_TOKEN"], worker.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Failure("the launcher threw")]
    public async Task Launcher_Fails_ErrorNamesItAndKeepsTheCause()
    {
        var failure = new InvalidOperationException("no room on the other machine");
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), new DirectWorkerOptions { Launcher = new WrappingLauncher { Failure = failure } });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Same(failure, error.InnerException);
        Assert.Contains("The launcher WrappingLauncher (DirectWorkerOptions.Launcher) failed. no room on the other machine", error.Message, StringComparison.Ordinal);
        Assert.Equal(dispatcher.Allocated, dispatcher.CleanedUp);
    }

    [Fact]
    public async Task Launcher_FailsForACallable_ErrorNamesItAndNothingIsRemembered()
    {
        var launcher = new WrappingLauncher { Failure = new InvalidOperationException("no room on the other machine") };
        WorkerSpecification specification = Scripts.Worker() with { Environment = new WorkerEnvironment { Installation = Scripts.Callable("true") } };
        await using var dispatcher = new FakeDispatcher(specification, new DirectWorkerOptions { Launcher = launcher });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Same(launcher.Failure, error.InnerException);
        Assert.Contains("The environment installation could not be started. The launcher WrappingLauncher (DirectWorkerOptions.Launcher) failed. no room on the other machine", error.Message, StringComparison.Ordinal);
        launcher.Failure = null;
        await dispatcher.CreateSessionAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Launcher_CancelsByItself_IsAFailureAndNoCancellation()
    {
        var launcher = new WrappingLauncher { Failure = new OperationCanceledException("a limit of its own") };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), new DirectWorkerOptions { Launcher = launcher });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Same(launcher.Failure, error.InnerException);
    }

    [Fact]
    public async Task Launcher_FailsForTheCleanup_TheDispatcherIsClosedAndALogEntrySaysSo()
    {
        var logs = new ListLoggerFactory();
        var launcher = new WrappingLauncher();
        WorkerSpecification specification = Scripts.Worker() with { Environment = new WorkerEnvironment { Cleanup = Scripts.Callable("true") } };
        var dispatcher = new FakeDispatcher(specification, new DirectWorkerOptions { Launcher = launcher }, logs);
        await dispatcher.CreateSessionAsync().DefaultTimeout();
        launcher.Failure = new InvalidOperationException("no room on the other machine");

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Contains(logs.Of(LogLevel.Warning), entry => entry.Id.Name == "EnvironmentCleanupFailed" && entry.Message.Contains("no room on the other machine", StringComparison.Ordinal));
        Assert.Empty(logs.Of(LogLevel.Error));
        dispatcher.AssertNothingLeft();
    }

    [Theory]
    [InlineData("close its input")]
    [InlineData("ask it to end")]
    [InlineData("kill it")]
    [InlineData("let go of it")]
    [Failure("a process of a launcher threw")]
    public async Task LaunchersProcess_FailsInOneStepOfItsEnd_TheOthersAreDone(string step)
    {
        var logs = new ListLoggerFactory();
        var options = new DirectWorkerOptions { Launcher = new WrappingLauncher { FailingStep = step }, GracefulTerminationTimeout = TimeSpan.FromMilliseconds(100) };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(Scripts.IgnoresTermination), options, logs);
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await session.CloseAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Contains(logs.Of(LogLevel.Error), entry => entry.Id.Name == "LauncherStepFailed" && entry.Message.Contains($"could not {step}", StringComparison.Ordinal));
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task LaunchersProcess_HandsOutNoOutput_IsAFailureAndTheProcessIsKilled()
    {
        var launcher = new WrappingLauncher { FailingStep = "hand out its output" };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(Scripts.IgnoresTermination), new DirectWorkerOptions { Launcher = launcher });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("It cannot hand out its output.", error.Message, StringComparison.Ordinal);
        Assert.Equal(128 + HostProcess.SigKill, await Assert.Single(launcher.Processes).Exited.DefaultTimeout());
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task LocalProcess_IsGivenUpAndEndsAfterAll_IsForgotten()
    {
        var launch = new WorkerLaunch { Executable = "/bin/sleep", Arguments = ["300"], EnvironmentVariables = new Dictionary<string, string>() };
        LaunchedProcess process = await LocalProcessLauncher.Instance.LaunchAsync(launch, CancellationToken.None);
        Assert.True(HostWarden.Instance.Watches(process.ProcessId));

        process.Dispose();
        HostProcess.Signal(process.ProcessId, HostProcess.SigKill);

        Assert.Equal(128 + HostProcess.SigKill, await process.Exited.DefaultTimeout());
        Assert.False(HostWarden.Instance.Watches(process.ProcessId));
    }

    [Fact]
    public async Task Container_HasALauncher_OptionsTakeIt()
    {
        var launcher = new WrappingLauncher();
        var services = new ServiceCollection();
        services.AddUdfWorkers();
        services.AddUdfWorkers();
        services.AddSingleton<IWorkerLauncher>(launcher);

        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Same(launcher, provider.GetRequiredService<IOptions<DirectWorkerOptions>>().Value.Launcher);
    }

    [Fact]
    public async Task Container_OptionsNameALauncher_TheyKeepIt()
    {
        var services = new ServiceCollection();
        services.AddUdfWorkers(static options => options.Launcher = LocalProcessLauncher.Instance);
        services.AddSingleton<IWorkerLauncher>(new WrappingLauncher());

        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Same(LocalProcessLauncher.Instance, provider.GetRequiredService<IOptions<DirectWorkerOptions>>().Value.Launcher);
    }

    private sealed class WrappingLauncher : IWorkerLauncher
    {
        public ConcurrentQueue<WorkerLaunch> Launches { get; } = new();

        public ConcurrentQueue<LaunchedProcess> Processes { get; } = new();

        public Exception? Failure { get; set; }

        /// <summary>What fails of the end of its processes.</summary>
        public string? FailingStep { get; init; }

        public async ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken)
        {
            Launches.Enqueue(launch);
            LaunchedProcess process = Failure is null ? await LocalProcessLauncher.Instance.LaunchAsync(launch with { }, cancellationToken) : throw Failure;
            Processes.Enqueue(process);
            return FailingStep is null ? process : new FailingProcess(process, FailingStep);
        }
    }

    /// <summary>A process whose launcher throws in one step of its end; where nothing would come after it, the step is done first.</summary>
    private sealed class FailingProcess(LaunchedProcess process, string step) : LaunchedProcess
    {
        public override int ProcessId => process.ProcessId;

        public override Task<int> Exited => process.Exited;

        public override Stream StandardOutput
        {
            get
            {
                FailIn("hand out its output");
                return process.StandardOutput;
            }
        }

        public override Stream StandardError => process.StandardError;

        public override void CloseInput()
        {
            FailIn("close its input");
            process.CloseInput();
        }

        public override bool TryTerminate()
        {
            FailIn("ask it to end");
            return process.TryTerminate();
        }

        public override void Kill()
        {
            process.Kill();
            FailIn("kill it");
        }

        protected override void Dispose(bool disposing)
        {
            process.Dispose();
            FailIn("let go of it");
        }

        private void FailIn(string what)
        {
            if (step == what)
            {
                throw new InvalidOperationException($"It cannot {what}.");
            }
        }
    }
}
