namespace Udf.Worker.Direct.Internal;

/// <summary>Why an environment is not ready, kept as data: each caller that it concerns gets an exception of its own.</summary>
/// <param name="Summary">What happened and what to do, without output and attempts.</param>
internal sealed record EnvironmentFailure(string Summary)
{
    /// <summary>The limit that was exceeded, if it was that.</summary>
    public TimeSpan? ExceededLimit { get; init; }

    /// <summary>The option that decides <see cref="ExceededLimit"/>.</summary>
    public string LimitSetting { get; init; } = "";

    /// <summary>How the callable ended, if it ended by itself.</summary>
    public WorkerExit? Exit { get; init; }

    /// <summary>Whether a process ran, which may have left output.</summary>
    public bool HasRun { get; init; }

    /// <summary>The last lines of the callable.</summary>
    public string? OutputTail { get; init; }

    /// <summary>What the callable's start failed with.</summary>
    public Exception? Cause { get; init; }

    /// <summary>Whether a later session tries again. If not, the failure is remembered.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether this preparation itself tries again.</summary>
    public bool IsRetried { get; init; }

    /// <summary>How many attempts were made, this one included.</summary>
    public int AttemptCount { get; init; } = 1;

    /// <summary>All that is known of it.</summary>
    public string Message => $"{Summary}{Attempts}{(HasRun ? Text.LastLines(OutputTail) : "")}";

    private string Attempts => IsRetried
        ? $" It may pass: the next session tries again. Attempts made: {AttemptCount} ({nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.EnvironmentAttemptCount)})."
        : "";

    /// <summary>The failure of a callable that has not succeeded.</summary>
    public static EnvironmentFailure Of(EnvironmentCallable callable, CallableResult result) => result switch
    {
        { StartFailure: { } failure } => new EnvironmentFailure($"The environment {callable.Name} failed: it could not be started. {failure}") { Cause = result.StartException },
        { TimedOut: true } => new EnvironmentFailure(
            $"Callable timed out: the environment {callable.Name} '{callable.CommandText}' did not end within {callable.LimitText} and was killed. Raise the option, or see what it waits for.")
        {
            ExceededLimit = callable.Limit,
            LimitSetting = EnvironmentCallable.LimitSetting,
            HasRun = true,
            OutputTail = result.OutputTail,
        },
        { Exit: { } exit } => new EnvironmentFailure($"The environment {callable.Name} failed: '{callable.CommandText}' {Ended(exit)}.")
        {
            Exit = exit,
            HasRun = true,
            OutputTail = result.OutputTail,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "A result without an end."),
    };

    /// <summary>Another process did not give the lock back in time. Nothing was tried, so nothing is remembered.</summary>
    public static EnvironmentFailure Locked(EnvironmentLock environmentLock) => new(
        $"The environment was not prepared: other processes or dispatchers were at work on the same one, and held its lock '{environmentLock.FilePath}', for longer than {Text.Milliseconds(environmentLock.Limit)} ({EnvironmentLock.LimitSetting}). "
        + $"See which they are (fuser '{environmentLock.FilePath}') and what they wait for, or raise the option.")
    {
        ExceededLimit = environmentLock.Limit,
        LimitSetting = EnvironmentLock.LimitSetting,
        IsTransient = true,
    };

    /// <summary>There can be no lock where one was asked for.</summary>
    public static EnvironmentFailure NoLock(string problem) => new(
        $"The environment was not prepared, because two processes could install it at once: the directory for locks cannot be used. {problem} Set {EnvironmentLock.DirectorySetting} to another, or leave it out.");

    /// <summary>For those who waited for the attempt that failed.</summary>
    public WorkerException ToException() => ExceededLimit is { } limit
        ? new WorkerTimeoutException(Message, limit, LimitSetting, isTransient: IsTransient) { OutputTail = OutputTail }
        : new WorkerEnvironmentException(Message, IsTransient, Cause) { Exit = Exit, OutputTail = OutputTail };

    /// <summary>For those who come later.</summary>
    public WorkerException ToLaterException() => new WorkerEnvironmentException(
        $"The environment of the worker previously failed to be installed; it is not tried again by this dispatcher. Repair it and make a new one. The first failure was: {Message}",
        isTransient: false,
        Cause)
    {
        Exit = Exit,
        OutputTail = OutputTail,
    };

    private static string Ended(WorkerExit exit) => exit.ExitCode is { } code ? $"ended with exit code {code}" : exit.ToString();
}
