namespace Udf.Worker;

/// <summary>A worker process ended while sessions were running on it.</summary>
public sealed class WorkerExitedException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, to which worker, and what to do.</param>
    /// <param name="exit">How the process ended.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    public WorkerExitedException(string message, WorkerExit exit, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(exit);
        Exit = exit;
    }

    /// <summary>How the process ended.</summary>
    public WorkerExit Exit { get; }

    /// <summary>Whether another worker may serve the same call: yes, unless this host ended the worker, because then it is closing.</summary>
    public override bool IsTransient => !Exit.EndedByHost;
}
