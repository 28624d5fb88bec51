using Microsoft.Extensions.Logging;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>Several who prepare the same environment: dispatchers of this process, hosts of their own, and other programs that hold the lock.</summary>
public sealed class EnvironmentLockTests : IDisposable
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(10);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-environment-lock-");
    private readonly ListLoggerFactory _logs = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly DirectWorkerOptions _options;

    public EnvironmentLockTests()
    {
        // Here already, so that others can hold a lock in it before it is used.
        Assert.Null(new LockDirectory(PathOf("locks"), isRequired: true).Prepare());
        _options = new DirectWorkerOptions { EnvironmentLockDirectory = PathOf("locks"), EnvironmentLockTimeout = TimeSpan.FromSeconds(20) };
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task CreateSession_TwoDispatchersAtOnce_TheSecondFindsItInstalled()
    {
        WorkerSpecification specification = Specification(HeldInstallation, Verification);
        await using var first = new FakeDispatcher(specification, _options, _logs);
        await using var second = new FakeDispatcher(specification, _options, _logs);

        Task<FakeSession>[] creations = [first.CreateSessionAsync().AsTask(), second.CreateSessionAsync().AsTask()];
        await WaitForEventAsync("EnvironmentLockWaiting");
        await _logs.WaitForAsync(static entry => entry.Message.Contains("holding", StringComparison.Ordinal)).DefaultTimeout();
        Release();
        FakeSession[] sessions = await Task.WhenAll(creations).DefaultTimeout();

        Assert.Equal(1, Count("installed"));
        await Task.WhenAll(sessions.Select(static session => session.CloseAsync().AsTask())).DefaultTimeout();
        Assert.Empty(Directory.GetFileSystemEntries(PathOf("locks")));
    }

    [Fact]
    public async Task CreateSession_TwoHostsAtOnce_TheSecondFindsItInstalled()
    {
        using ChildProcess first = ChildProcess.StartHost(PathOf("locks"), HeldInstallation, Verification);
        await first.WaitForLineAsync("holding").DefaultTimeout();
        using ChildProcess second = ChildProcess.StartHost(PathOf("locks"), HeldInstallation, Verification);
        await second.WaitForLineAsync("EnvironmentLockWaiting").DefaultTimeout();

        Release();

        Assert.Contains("prepared", await first.WaitForEndAsync().DefaultTimeout());
        Assert.Contains("prepared", await second.WaitForEndAsync().DefaultTimeout());
        Assert.Equal(1, Count("installed"));
        Assert.Empty(Directory.GetFileSystemEntries(PathOf("locks")));
    }

    [Fact]
    public async Task CreateSession_HostsWithoutVerification_InstallOneAfterAnother()
    {
        string exclusive = $"mkdir '{PathOf("inside")}' || exit 1; echo x >> '{PathOf("installed")}'; if [ $(wc -l < '{PathOf("installed")}') = 1 ]; then {Hold}; fi; rmdir '{PathOf("inside")}'";
        using ChildProcess first = ChildProcess.StartHost(PathOf("locks"), exclusive);
        await first.WaitForLineAsync("holding").DefaultTimeout();
        using ChildProcess second = ChildProcess.StartHost(PathOf("locks"), exclusive);
        using ChildProcess third = ChildProcess.StartHost(PathOf("locks"), exclusive);
        await Task.WhenAll(second.WaitForLineAsync("EnvironmentLockWaiting"), third.WaitForLineAsync("EnvironmentLockWaiting")).DefaultTimeout();

        Release();

        foreach (ChildProcess host in new[] { first, second, third })
        {
            Assert.Contains("prepared", await host.WaitForEndAsync().DefaultTimeout());
        }

        Assert.Equal(3, Count("installed"));
    }

    [Fact]
    public async Task CreateSession_HostIsKilledWhileItInstalls_TheNextOneInstalls()
    {
        string onceHeld = $"echo $$ >> '{PathOf("installed")}'; if [ $(wc -l < '{PathOf("installed")}') = 1 ]; then {Hold}; fi; touch '{PathOf("done")}'";
        using ChildProcess first = ChildProcess.StartHost(PathOf("locks"), onceHeld, Verification);
        await first.WaitForLineAsync("holding").DefaultTimeout();
        await using var dispatcher = new FakeDispatcher(Specification(onceHeld, Verification), _options, _logs);
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await WaitForEventAsync("EnvironmentLockWaiting");
        Assert.Equal(1, Count("installed"));

        first.Kill();

        await using FakeSession session = await creation.DefaultTimeout();
        Assert.Equal(2, Count("installed"));
        EndOrphan(int.Parse(File.ReadLines(PathOf("installed")).First()));
    }

    [Fact]
    [Failure("other processes or dispatchers were at work")]
    public async Task CreateSession_LockIsNotGivenBack_ErrorNamesFileAndOptionAndNothingIsRemembered()
    {
        WorkerSpecification specification = Specification(Installation);
        await using var dispatcher = new FakeDispatcher(specification, _options, _logs, _clock);
        using ChildProcess holder = await ChildProcess.HoldLockAsync(LockPath(specification));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await _clock.WaitForTimerAsync(FirstPoll).DefaultTimeout();
        _clock.Advance(TimeSpan.FromSeconds(20));
        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => creation.DefaultTimeout());

        Assert.True(error.IsTransient);
        Assert.Equal(TimeSpan.FromSeconds(20), error.Timeout);
        Assert.Equal("DirectWorkerOptions.EnvironmentLockTimeout", error.Setting);
        Assert.Contains(LockPath(specification), error.Message, StringComparison.Ordinal);
        Assert.Contains("20000 ms (DirectWorkerOptions.EnvironmentLockTimeout)", error.Message, StringComparison.Ordinal);
        Assert.Equal(EnvironmentState.Pending, dispatcher.EnvironmentState);
        Assert.Equal(0, Count("installed"));

        holder.Kill();
        await holder.WaitForEndAsync().DefaultTimeout();
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Assert.Equal(1, Count("installed"));
    }

    [Fact]
    public async Task CreateSession_VerifiedWhileAnotherHoldsTheLock_DoesNotWait()
    {
        File.WriteAllText(PathOf("done"), "");
        WorkerSpecification specification = Specification(Installation, Verification);
        await using var dispatcher = new FakeDispatcher(specification, _options, _logs, _clock);
        using ChildProcess holder = await ChildProcess.HoldLockAsync(LockPath(specification));

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.DoesNotContain(_logs.Entries, static entry => entry.Id.Name == "EnvironmentLockWaiting");
    }

    [Fact]
    public async Task CreateSession_CallerGivesUpWhileItWaitsForTheLock_TheOthersGoOn()
    {
        WorkerSpecification specification = Specification(Installation);
        await using var dispatcher = new FakeDispatcher(specification, _options, _logs);
        using ChildProcess holder = await ChildProcess.HoldLockAsync(LockPath(specification));
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> first = dispatcher.CreateSessionAsync(cancellationToken: cancel.Token).AsTask();
        Task<FakeSession> second = dispatcher.CreateSessionAsync().AsTask();
        await WaitForEventAsync("EnvironmentLockWaiting");

        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.DefaultTimeout());
        holder.Kill();
        await using FakeSession session = await second.DefaultTimeout();

        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Equal(1, Count("installed"));
    }

    [Fact]
    public async Task Dispose_WhileItWaitsForTheLock_EndsTheWait()
    {
        WorkerSpecification specification = Specification(Installation);
        var dispatcher = new FakeDispatcher(specification, _options, _logs, _clock);
        using ChildProcess holder = await ChildProcess.HoldLockAsync(LockPath(specification));
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await _clock.WaitForTimerAsync(FirstPoll).DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        Assert.Equal(0, Count("installed"));
    }

    [Fact]
    public async Task Cleanup_AnotherIsAtWorkOnTheEnvironment_IsLeftOutAfterTheLimit()
    {
        WorkerSpecification specification = Specification(Installation).WithCleanup(Scripts.Callable($"echo x >> '{PathOf("cleaned")}'"));
        var dispatcher = new FakeDispatcher(specification, _options, _logs, _clock);
        await (await dispatcher.CreateSessionAsync().DefaultTimeout()).CloseAsync().DefaultTimeout();
        using ChildProcess holder = await ChildProcess.HoldLockAsync(LockPath(specification));

        Task closing = dispatcher.DisposeAsync().AsTask();
        await _clock.WaitForTimerAsync(FirstPoll).DefaultTimeout();
        _clock.Advance(TimeSpan.FromSeconds(20));
        await closing.DefaultTimeout();

        Assert.Equal(0, Count("cleaned"));
        Assert.Contains(_logs.Of(LogLevel.Warning), static entry => entry.Id.Name == "EnvironmentCleanupLeftOut");
    }

    [Fact]
    [Failure("the directory for the locks of environments")]
    public async Task CreateSession_LockDirectoryOfOnesOwnCannotBeUsed_ErrorNamesTheOption()
    {
        File.WriteAllText(PathOf("file"), "");
        _options.EnvironmentLockDirectory = PathOf("file");
        await using var dispatcher = new FakeDispatcher(Specification(Installation), _options);

        var error = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().DefaultTimeout());

        Assert.False(error.IsTransient);
        Assert.Contains("DirectWorkerOptions.EnvironmentLockDirectory", error.Message, StringComparison.Ordinal);
        Assert.Contains(PathOf("file"), error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Count("installed"));
    }

    [Fact]
    public async Task CreateSession_DefaultLockDirectoryCannotBeUsed_WarnsAndInstalls()
    {
        File.WriteAllText(PathOf("file"), "");
        var options = new DirectWorkerOptions { DefaultLockDirectory = new LockDirectory(PathOf("file"), isRequired: false) };
        await using var dispatcher = new FakeDispatcher(Specification(Installation), options, _logs);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(1, Count("installed"));
        Assert.Contains(_logs.Of(LogLevel.Warning), entry => entry.Message.Contains(PathOf("file"), StringComparison.Ordinal));
    }

    private string Installation => $"echo x >> '{PathOf("installed")}'; touch '{PathOf("done")}'";

    private string HeldInstallation => $"{Hold}; {Installation}";

    private string Verification => $"test -e '{PathOf("done")}'";

    // Until the test lets it go on.
    private string Hold => $"mkfifo '{PathOf("gate")}'; echo holding; read -r _ < '{PathOf("gate")}'";

    private void Release() => File.WriteAllText(PathOf("gate"), "go\n");

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private string LockPath(WorkerSpecification specification) => Path.Combine(PathOf("locks"), $"{EnvironmentKey.Of(specification.Environment!)}.lock");

    private int Count(string name) => File.Exists(PathOf(name)) ? File.ReadAllLines(PathOf(name)).Length : 0;

    private Task<ListLoggerFactory.LogEntry> WaitForEventAsync(string name) => _logs.WaitForAsync(entry => entry.Id.Name == name).DefaultTimeout();

    private static WorkerSpecification Specification(string installation, string? verification = null)
    {
        WorkerSpecification specification = Scripts.Worker().WithInstallation(Scripts.Callable(installation));
        return verification is null ? specification : specification.WithVerification(Scripts.Callable(verification));
    }

    // What a killed host leaves of its installation, if it leaves anything.
    private static void EndOrphan(int processId)
    {
        try
        {
            System.Diagnostics.Process.GetProcessById(processId).Kill();
        }
        catch (ArgumentException)
        {
            // It has ended with its host.
        }
    }
}
