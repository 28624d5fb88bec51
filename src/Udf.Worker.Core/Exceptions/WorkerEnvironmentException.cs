namespace Udf.Worker;

/// <summary>The environment of a worker could not be prepared: one of the specification's environment callables failed.</summary>
public sealed class WorkerEnvironmentException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which callable failed, how, with the last lines of its output, and what to do.</param>
    /// <param name="isTransient">Whether another attempt may succeed.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    public WorkerEnvironmentException(string message, bool isTransient = false, Exception? innerException = null)
        : base(message, innerException)
    {
        IsTransient = isTransient;
    }

    /// <inheritdoc/>
    public override bool IsTransient { get; }

    /// <summary>How the callable's process ended, or <see langword="null"/> if it never started.</summary>
    public WorkerExit? Exit { get; init; }
}
