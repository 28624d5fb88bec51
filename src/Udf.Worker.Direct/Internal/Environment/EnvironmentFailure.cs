namespace Udf.Worker.Direct.Internal;

/// <summary>Why an environment is not ready, kept as data: each caller that it concerns gets an exception of its own.</summary>
internal sealed record EnvironmentFailure(string Message)
{
    /// <summary>The limit that was exceeded, if it was that.</summary>
    public TimeSpan? ExceededLimit { get; init; }

    /// <summary>How the callable ended, if it ended by itself.</summary>
    public WorkerExit? Exit { get; init; }

    /// <summary>The last lines of the callable.</summary>
    public string? OutputTail { get; init; }

    /// <summary>What the callable's start failed with.</summary>
    public Exception? Cause { get; init; }

    /// <summary>The failure of a callable that has not succeeded.</summary>
    public static EnvironmentFailure Of(EnvironmentCallable callable, CallableResult result) => result switch
    {
        { StartFailure: { } failure } => new EnvironmentFailure($"The environment {callable.Name} failed: it could not be started. {failure}") { Cause = result.StartException },
        { TimedOut: true } => new EnvironmentFailure(
            $"Callable timed out: the environment {callable.Name} '{callable.CommandText}' did not end within {callable.LimitText} and was killed. Raise the option, or see what it waits for.{Text.LastLines(result.OutputTail)}")
        {
            ExceededLimit = callable.Limit,
            OutputTail = result.OutputTail,
        },
        { Exit: { } exit } => new EnvironmentFailure(
            $"The environment {callable.Name} failed: '{callable.CommandText}' {Ended(exit)}.{Text.LastLines(result.OutputTail)}")
        {
            Exit = exit,
            OutputTail = result.OutputTail,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "A result without an end."),
    };

    /// <summary>For those who waited for the attempt that failed.</summary>
    public WorkerException ToException() => ExceededLimit is { } limit
        ? new WorkerTimeoutException(Message, limit, EnvironmentCallable.LimitSetting) { OutputTail = OutputTail }
        : new WorkerEnvironmentException(Message, isTransient: false, Cause) { Exit = Exit, OutputTail = OutputTail };

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
