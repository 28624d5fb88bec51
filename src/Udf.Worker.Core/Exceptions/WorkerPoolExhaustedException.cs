namespace Udf.Worker;

/// <summary>No worker was free for a session, none could be started, and waiting for one was not possible or took too long.</summary>
public sealed class WorkerPoolExhaustedException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which limits were reached, their present values, how many wait and how long the first has waited, and what to do.</param>
    /// <param name="setting">The option that decided the refusal.</param>
    /// <param name="innerException">Why the last worker could not be started, if that is what the callers wait for.</param>
    public WorkerPoolExhaustedException(string message, string setting, Exception? innerException = null)
        : base(message, innerException)
    {
        Setting = setting;
    }

    /// <summary>The option that decided the refusal.</summary>
    public string Setting { get; }

    /// <summary>How many workers there were for the same specification and security scope, with those that were starting or ending.</summary>
    public int WorkerCount { get; init; }

    /// <summary>How many callers waited for one of these workers, the refused one included.</summary>
    public int WaitingCount { get; init; }

    /// <summary>How long the first of them had waited.</summary>
    public TimeSpan LongestWait { get; init; }

    /// <summary><see langword="true"/>: a worker may be free the next time.</summary>
    public override bool IsTransient => true;
}
