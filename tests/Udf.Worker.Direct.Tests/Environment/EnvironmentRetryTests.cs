using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>Which failures of an environment pass, and what is done about them. The clock stands still but for the waits between attempts.</summary>
public sealed class EnvironmentRetryTests : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(7);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-environment-retry-");
    private readonly ManualTimeProvider _clock = new();
    private readonly ListLoggerFactory _logs = new();
    private readonly DirectWorkerOptions _options;

    public EnvironmentRetryTests() => _options = new DirectWorkerOptions
    {
        EnvironmentRetryDelay = FirstDelay,
        MaximumEnvironmentRetryDelay = TimeSpan.FromSeconds(10),
        EnvironmentLockDirectory = Path.Combine(_directory.FullName, "locks"),
        NextRandom = static () => 0,
    };

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task CreateSession_InstallationFailsTemporarily_IsTriedAgainAfterGrowingDelays()
    {
        await using FakeDispatcher dispatcher = Dispatcher(Installing(FailingTimes(2, 75)));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(FirstDelay);
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await using FakeSession session = await creation.DefaultTimeout();

        Assert.Equal(3, Count("run"));
        Assert.Equal(EnvironmentState.Ready, dispatcher.EnvironmentState);
        Assert.Equal(2, _logs.Of(LogLevel.Warning).Count(static entry => entry.Id.Name == "EnvironmentRetried" && entry.Message.Contains("exit code 75", StringComparison.Ordinal)));
    }

    [Fact]
    [Failure("a verification or installation failed for the time being")]
    public async Task CreateSession_InstallationStaysTemporary_ErrorIsTransientAndTheNextSessionTriesAgain()
    {
        _options.EnvironmentAttemptCount = 2;
        await using FakeDispatcher dispatcher = Dispatcher(Installing(FailingTimes(2, 75)));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(FirstDelay);
        var error = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => creation.DefaultTimeout());

        Assert.True(error.IsTransient);
        Assert.Equal(75, error.Exit!.ExitCode);
        Assert.Contains("Attempts made: 2 (DirectWorkerOptions.EnvironmentAttemptCount)", error.Message, StringComparison.Ordinal);
        Assert.Contains("mirror is down", error.OutputTail, StringComparison.Ordinal);
        Assert.Equal(EnvironmentState.Pending, dispatcher.EnvironmentState);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Assert.Equal(3, Count("run"));
    }

    [Fact]
    public async Task CreateSession_PermanentAfterATemporaryFailure_IsRememberedAtOnce()
    {
        await using FakeDispatcher dispatcher = Dispatcher(Installing($"{FailingTimes(1, 75)}; exit 3"));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(FirstDelay);
        var error = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => creation.DefaultTimeout());
        var later = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => dispatcher.CreateSessionAsync().DefaultTimeout());

        Assert.False(error.IsTransient);
        Assert.False(later.IsTransient);
        Assert.Contains("previously failed", later.Message, StringComparison.Ordinal);
        Assert.Equal(2, Count("run"));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(23)]
    [InlineData(24)]
    public async Task CreateSession_SystemLacksResources_IsTriedAgain(int error)
    {
        _options.Launcher = new RefusingLauncher(error, refusals: 1);
        await using FakeDispatcher dispatcher = Dispatcher(Installing("exit 0"));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(FirstDelay);
        await using FakeSession session = await creation.DefaultTimeout();

        Assert.Equal(1, Count("run"));
    }

    [Fact]
    public async Task CreateSession_VerificationFailsTemporarily_IsVerifiedAgainAndNotInstalled()
    {
        await using FakeDispatcher dispatcher = Dispatcher(Installing("exit 0", "installed").WithVerification(Recorded("run", FailingTimes(1, 75))));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(FirstDelay);
        await using FakeSession session = await creation.DefaultTimeout();

        Assert.Equal(2, Count("run"));
        Assert.Equal(0, Count("installed"));
    }

    [Fact]
    public async Task CreateSession_PolicyOfOnesOwn_DecidesAndIsToldAll()
    {
        var seen = new List<WorkerEnvironmentFailure>();
        _options.IsTransientEnvironmentFailure = failure =>
        {
            seen.Add(failure);
            return failure.Exit is { ExitCode: 9 };
        };
        await using FakeDispatcher dispatcher = Dispatcher(Installing($"{FailingTimes(1, 9)}; exit 75").WithVerification(ProcessCallable.Create("udf-no-such-program")));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(FirstDelay);
        var error = await Assert.ThrowsAsync<WorkerEnvironmentException>(() => creation.DefaultTimeout());

        Assert.False(error.IsTransient);
        Assert.Equal(
            [WorkerEnvironmentStep.Verification, WorkerEnvironmentStep.Installation, WorkerEnvironmentStep.Verification, WorkerEnvironmentStep.Installation],
            seen.Select(static failure => failure.Step));
        Assert.Equal(2, Assert.IsType<Win32Exception>(seen[0].StartException).NativeErrorCode);
        Assert.Equal(9, seen[1].Exit!.ExitCode);
        Assert.Contains("mirror is down", seen[1].OutputTail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateSession_PolicyThrows_CallersHearItAndNothingIsRemembered()
    {
        _options.IsTransientEnvironmentFailure = static _ => throw new NotSupportedException("no opinion");
        await using FakeDispatcher dispatcher = Dispatcher(Installing(FailingTimes(1, 1)));

        await Assert.ThrowsAsync<NotSupportedException>(() => dispatcher.CreateSessionAsync().DefaultTimeout());
        Assert.Equal(EnvironmentState.Pending, dispatcher.EnvironmentState);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CreateSession_InstallationTakesTooLong_PolicySaysWhetherThatPasses(bool isTransient)
    {
        _options.EnvironmentAttemptCount = 1;
        _options.IsTransientEnvironmentFailure = failure => isTransient && failure.TimedOut;
        await using FakeDispatcher dispatcher = Dispatcher(Installing("exec sleep 300"));

        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await AdvanceAsync(_options.CallableTimeout);
        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => creation.DefaultTimeout());

        Assert.Equal(isTransient, error.IsTransient);
        Assert.Equal("DirectWorkerOptions.CallableTimeout", error.Setting);
        Assert.Equal(isTransient ? EnvironmentState.Pending : EnvironmentState.Failed, dispatcher.EnvironmentState);
    }

    [Fact]
    public async Task CreateSession_CallerGivesUpBetweenTwoAttempts_TheOthersDoNotNotice()
    {
        await using FakeDispatcher dispatcher = Dispatcher(Installing(FailingTimes(1, 75)));
        using var cancel = new CancellationTokenSource();
        Task<FakeSession> first = dispatcher.CreateSessionAsync(cancellationToken: cancel.Token).AsTask();
        Task<FakeSession> second = dispatcher.CreateSessionAsync().AsTask();
        await _clock.WaitForTimerAsync(FirstDelay).DefaultTimeout();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.DefaultTimeout());
        await AdvanceAsync(FirstDelay);
        await using FakeSession session = await second.DefaultTimeout();

        Assert.Equal(2, Count("run"));
    }

    [Fact]
    public async Task Dispose_BetweenTwoAttempts_EndsTheWaitAtOnce()
    {
        FakeDispatcher dispatcher = Dispatcher(Installing("exit 75").WithCleanup(Recorded("cleaned", "exit 0")));
        Task<FakeSession> creation = dispatcher.CreateSessionAsync().AsTask();
        await _clock.WaitForTimerAsync(FirstDelay).DefaultTimeout();

        await dispatcher.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creation.DefaultTimeout());
        Assert.Equal(1, Count("run"));
        Assert.Equal(1, Count("cleaned"));
    }

    [Fact]
    public void IsTransientByDefault_JudgesByExitCodeAndErrorCode()
    {
        Assert.True(IsTransient(new() { Step = WorkerEnvironmentStep.Installation, Exit = new WorkerExit(75, null) }));
        Assert.False(IsTransient(new() { Step = WorkerEnvironmentStep.Installation, Exit = new WorkerExit(74, null) }));
        Assert.False(IsTransient(new() { Step = WorkerEnvironmentStep.Installation, Exit = new WorkerExit(null, "SIGKILL") }));
        Assert.False(IsTransient(new() { Step = WorkerEnvironmentStep.Installation, TimedOut = true }));
        Assert.True(IsTransient(new() { Step = WorkerEnvironmentStep.Verification, StartException = new Win32Exception(12) }));
        Assert.False(IsTransient(new() { Step = WorkerEnvironmentStep.Verification, StartException = new Win32Exception(13) }));

        static bool IsTransient(WorkerEnvironmentFailure failure) => WorkerEnvironmentFailure.IsTransientByDefault(failure);
    }

    private FakeDispatcher Dispatcher(WorkerSpecification specification) => new(specification, _options, _logs, _clock);

    // The clock moves when the code has begun to wait for it, and no sooner.
    private async Task AdvanceAsync(TimeSpan time)
    {
        await _clock.WaitForTimerAsync(time).DefaultTimeout();
        _clock.Advance(time);
    }

    private WorkerSpecification Installing(string script, string name = "run") => Scripts.Worker().WithInstallation(Recorded(name, script));

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private int Count(string name) => File.Exists(PathOf(name)) ? File.ReadAllLines(PathOf(name)).Length : 0;

    private ProcessCallable Recorded(string name, string script) => Scripts.Callable($"echo x >> '{PathOf(name)}'; {script}");

    private string FailingTimes(int times, int exitCode) => $"if [ $(wc -l < '{PathOf("run")}') -le {times} ]; then echo mirror is down; exit {exitCode}; fi";
}
