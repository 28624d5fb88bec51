namespace Udf.Worker;

/// <summary>A worker process could not be started, or ended before it was ready.</summary>
public sealed class WorkerStartException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, to which worker, and what to do.</param>
    /// <param name="isTransient">Whether another attempt may succeed.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    public WorkerStartException(string message, bool isTransient = false, Exception? innerException = null)
        : base(message, innerException)
    {
        IsTransient = isTransient;
    }

    /// <inheritdoc/>
    public override bool IsTransient { get; }

    /// <summary>How the process ended, or <see langword="null"/> if it never started.</summary>
    public WorkerExit? Exit { get; init; }
}
