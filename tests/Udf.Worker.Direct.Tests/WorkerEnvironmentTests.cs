using Microsoft.Extensions.Logging;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>Verification, installation and cleanup; the numbers are those of upstream's DirectWorkerDispatcherSuite.</summary>
public sealed class WorkerEnvironmentTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-environment-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory] // 22, 23
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task CreateSession_Verification_DecidesWhetherItIsInstalled(int exitCode, int installations)
    {
        WorkerSpecification specification = Scripts.Worker().WithVerification(Recorded("verified", $"exit {exitCode}")).WithInstallation(Recorded("installed"));
        await using var dispatcher = new FakeDispatcher(specification);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(1, Count("verified"));
        Assert.Equal(installations, Count("installed"));
        Assert.Equal(EnvironmentState.Ready, dispatcher.EnvironmentState);
    }

    [Fact]
    public async Task CreateSession_VerificationCannotBeStarted_IsInstalled()
    {
        WorkerSpecification specification = Scripts.Worker().WithVerification(ProcessCallable.Create("udf-no-such-program")).WithInstallation(Recorded("installed"));
        await using var dispatcher = new FakeDispatcher(specification);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(1, Count("installed"));
    }

    [Fact] // 24, 27
    public async Task CreateSession_TwiceWithoutVerification_IsInstalledOnce()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(Recorded("installed")));

        await using FakeSession first = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await using FakeSession second = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(1, Count("installed"));
    }

    [Fact] // 25, 29
    [Failure("an installation failed")]
    [Failure("a session after that")]
    public async Task CreateSession_InstallationFails_ErrorHasExitCodeAndOutputAndIsRemembered()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(Recorded("installed", "echo no such package; exit 7")));

        var first = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());
        var second = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("installation failed", first.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 7", first.Message, StringComparison.Ordinal);
        Assert.Contains("no such package", first.OutputTail, StringComparison.Ordinal);
        Assert.Equal(7, first.Exit!.ExitCode);
        Assert.Contains("previously failed", second.Message, StringComparison.Ordinal);
        Assert.Contains("no such package", second.Message, StringComparison.Ordinal);
        Assert.Equal(1, Count("installed"));
        Assert.Empty(dispatcher.Allocated);
    }

    [Fact]
    public async Task CreateSession_InstallationCannotBeStarted_ErrorNamesTheField()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(ProcessCallable.Create("udf-no-such-program")));

        var error = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("environment.installation.command[0]", error.Message, StringComparison.Ordinal);
    }

    [Fact] // 26, 30
    [Failure("an installation took too long")]
    public async Task CreateSession_InstallationTakesTooLong_TimesOutAndIsRemembered()
    {
        var options = new DirectWorkerOptions { CallableTimeout = TimeSpan.FromMilliseconds(500) };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(Recorded("installed", "echo $$; exec sleep 300")), options);

        var first = await Assert.ThrowsAsync<WorkerTimeoutException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());
        var second = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("Callable timed out", first.Message, StringComparison.Ordinal);
        Assert.Contains("500 ms (DirectWorkerOptions.CallableTimeout)", first.Message, StringComparison.Ordinal);
        Assert.Contains("/bin/sh", first.Message, StringComparison.Ordinal);
        Assert.Contains("previously failed", second.Message, StringComparison.Ordinal);
        Assert.Equal(1, Count("installed"));
        Assert.False(ProcessProbe.Exists(int.Parse(first.OutputTail!)));
    }

    [Fact]
    [Failure("a verification took too long")]
    public async Task CreateSession_VerificationTakesTooLong_StateStaysOpenAndTheNextCallTriesAgain()
    {
        var options = new DirectWorkerOptions { CallableTimeout = TimeSpan.FromMilliseconds(500) };
        string slow = $"if [ -e '{PathOf("slow")}' ]; then exit 0; fi; touch '{PathOf("slow")}'; exec sleep 300";
        WorkerSpecification specification = Scripts.Worker().WithVerification(Recorded("verified", slow)).WithInstallation(Recorded("installed"));
        await using var dispatcher = new FakeDispatcher(specification, options);

        await Assert.ThrowsAsync<WorkerTimeoutException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());
        Assert.Equal(EnvironmentState.Pending, dispatcher.EnvironmentState);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(2, Count("verified"));
        Assert.Equal(0, Count("installed"));
    }

    [Fact] // 28
    public async Task CreateSession_FourCallersWhileItIsInstalled_WaitForOneInstallation()
    {
        var logs = new ListLoggerFactory();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(Held("installed")), loggerFactory: logs);

        Task<FakeSession>[] creations = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => dispatcher.CreateSessionAsync().AsTask()))];
        await logs.WaitForAsync(static entry => entry.Message.Contains("holding", StringComparison.Ordinal)).DefaultTimeout();
        Assert.Equal(EnvironmentState.Preparing, dispatcher.EnvironmentState);
        Release();

        FakeSession[] sessions = await Task.WhenAll(creations).DefaultTimeout();
        Assert.Equal(1, Count("installed"));
        await Task.WhenAll(sessions.Select(session => session.CloseAsync().AsTask())).DefaultTimeout();
    }

    [Fact]
    public async Task CreateSession_FirstCallerCancelsWhileItIsInstalled_OthersAndTheEnvironmentAreNotTouched()
    {
        var logs = new ListLoggerFactory();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(Held("installed")), loggerFactory: logs);
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> first = dispatcher.CreateSessionAsync(cancellationToken: cancel.Token).AsTask();
        await logs.WaitForAsync(static entry => entry.Message.Contains("holding", StringComparison.Ordinal)).DefaultTimeout();
        Task<FakeSession> second = dispatcher.CreateSessionAsync().AsTask();

        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.DefaultTimeout());
        Assert.False(second.IsCompleted);
        Release();

        await using FakeSession session = await second.DefaultTimeout();
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Equal(1, Count("installed"));
        Assert.Equal(EnvironmentState.Ready, dispatcher.EnvironmentState);
    }

    [Fact] // 32
    public void Constructor_VerificationWithoutInstallation_IsRefused()
    {
        var error = Assert.Throws<WorkerSpecificationException>(() => new FakeDispatcher(Scripts.Worker().WithVerification(Scripts.Callable("exit 0"))));
        Assert.Contains("requires installation", error.Message, StringComparison.Ordinal);
    }

    [Fact] // 33
    public async Task Cleanup_RunsOnceWhenTheDispatcherCloses_AfterTheWorkers()
    {
        WorkerSpecification specification = Scripts.Worker("touch \"$4\"; echo $$ > '" + PathOf("pid") + "'; read -r _")
            .WithCleanup(Recorded("cleaned", $"if [ -d /proc/$(cat '{PathOf("pid")}') ]; then echo early >> '{PathOf("early")}'; fi"));
        var dispatcher = new FakeDispatcher(specification);
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await session.CloseAsync().DefaultTimeout();
        await dispatcher.CreateSessionAsync().DefaultTimeout();
        Assert.Equal(0, Count("cleaned"));

        await dispatcher.DisposeAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Equal(1, Count("cleaned"));
        Assert.Equal(0, Count("early"));
        Assert.Equal(EnvironmentState.CleanedUp, dispatcher.EnvironmentState);
    }

    [Fact]
    public async Task Cleanup_NobodyAskedForTheEnvironment_DoesNotRun()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker().WithCleanup(Recorded("cleaned")));

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Equal(0, Count("cleaned"));
    }

    [Fact]
    public async Task Cleanup_InstallationHadFailed_RunsAllTheSame()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker().WithInstallation(Recorded("installed", "exit 1")).WithCleanup(Recorded("cleaned")));
        await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Equal(1, Count("cleaned"));
    }

    [Fact]
    [Failure("a cleanup failed")]
    public async Task Cleanup_Fails_IsOnlyLogged()
    {
        var logs = new ListLoggerFactory();
        var dispatcher = new FakeDispatcher(Scripts.Worker().WithCleanup(Recorded("cleaned", "echo busy; exit 5")), loggerFactory: logs);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Contains(logs.Of(LogLevel.Warning), static entry => entry.Message.Contains("exit code 5", StringComparison.Ordinal) && entry.Message.Contains("busy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dispose_WhileItIsInstalled_KillsTheInstallationThenCleansUp()
    {
        var logs = new ListLoggerFactory();
        WorkerSpecification specification = Scripts.Worker().WithInstallation(Held("installed")).WithCleanup(Recorded("cleaned"));
        var dispatcher = new FakeDispatcher(specification, loggerFactory: logs);
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await logs.WaitForAsync(static entry => entry.Message.Contains("holding", StringComparison.Ordinal)).DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        Assert.Equal(1, Count("cleaned"));
        Assert.Empty(dispatcher.Allocated);
    }

    [Fact]
    public async Task Callables_AndWorkers_DoNotInheritTheTokenOfAHostThatIsItselfAWorker()
    {
        Environment.SetEnvironmentVariable("UDF_WORKER_TOKEN", "the host's own");
        try
        {
            var logs = new ListLoggerFactory();
            WorkerSpecification specification = Scripts.Worker().WithInstallation(Scripts.Callable("echo \"token: ${UDF_WORKER_TOKEN-none}\""));
            await using var dispatcher = new FakeDispatcher(specification, loggerFactory: logs);

            await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

            Assert.Contains(logs.Entries, static entry => entry.Message.EndsWith("token: none", StringComparison.Ordinal));
        }
        finally
        {
            Environment.SetEnvironmentVariable("UDF_WORKER_TOKEN", null);
        }
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private int Count(string name) => File.Exists(PathOf(name)) ? File.ReadAllLines(PathOf(name)).Length : 0;

    private ProcessCallable Recorded(string name, string script = "exit 0") => Scripts.Callable($"echo \"$#\" >> '{PathOf(name)}'; {script}");

    // Holds until the test makes a named pipe's reader move on.
    private ProcessCallable Held(string name) => Recorded(name, $"mkfifo '{PathOf("gate")}'; echo holding; read -r _ < '{PathOf("gate")}'");

    private void Release() => File.WriteAllText(PathOf("gate"), "go\n");
}
