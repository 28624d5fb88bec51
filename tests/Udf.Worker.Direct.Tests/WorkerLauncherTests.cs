using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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
        Assert.Contains("the launcher WrappingLauncher (DirectWorkerOptions.Launcher) failed. no room on the other machine", error.Message, StringComparison.Ordinal);
        Assert.Equal(dispatcher.Allocated, dispatcher.CleanedUp);
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

        public Exception? Failure { get; init; }

        public ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken)
        {
            Launches.Enqueue(launch);
            return Failure is null ? LocalProcessLauncher.Instance.LaunchAsync(launch with { }, cancellationToken) : throw Failure;
        }
    }
}
