namespace Udf.Worker;

/// <summary>A worker process ended while sessions were running on it.</summary>
public sealed class WorkerExitedException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, to which worker, and what to do.</param>
    /// <param name="exit">How the process ended.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    /// <param name="isTransient">Whether another worker may serve the same call; <see langword="null"/> for: unless this host ended the worker.</param>
    public WorkerExitedException(string message, WorkerExit exit, Exception? innerException = null, bool? isTransient = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(exit);
        Exit = exit;
        IsTransient = isTransient ?? !exit.EndedByHost;
    }

    /// <summary>How the process ended.</summary>
    public WorkerExit Exit { get; }

    /// <summary>Whether another worker may serve the same call: yes, unless this host ended the worker because it is closing. A worker may also be ended for what another session on it did.</summary>
    public override bool IsTransient { get; }
}
