namespace Udf.Worker;

/// <summary>
/// Engine and worker do not agree about the wire: the worker speaks something else, broke the order of messages, sent what cannot be decoded or is too long,
/// or reported such a fault of the engine's messages itself.
/// </summary>
public sealed class WorkerProtocolException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was expected, what came, from which worker, and what to do.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    public WorkerProtocolException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the worker reported the fault (a <c>ProtocolError</c>); otherwise this side found it. A worker that reports one stays usable.</summary>
    public bool ReportedByWorker { get; init; }

    /// <summary>Where in its life the execution was, if there was one.</summary>
    public WorkerExecutionPhase? Phase { get; init; }
}
