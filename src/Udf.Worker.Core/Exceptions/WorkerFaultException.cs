namespace Udf.Worker;

/// <summary>The worker reported a fault of its own (a <c>WorkerError</c>): neither the user's function nor the order of messages is to blame.</summary>
public sealed class WorkerFaultException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, in which phase, on which worker, with the worker's own message.</param>
    /// <param name="phase">The part of the execution in which the worker failed.</param>
    /// <param name="traceback">The stack trace in the form of the worker's language, or <see langword="null"/>.</param>
    public WorkerFaultException(string message, WorkerExecutionPhase phase, string? traceback = null)
        : base(message)
    {
        Phase = phase;
        Traceback = traceback;
    }

    /// <summary>The part of the execution in which the worker failed.</summary>
    public WorkerExecutionPhase Phase { get; }

    /// <summary>The stack trace in the form of the worker's language, or <see langword="null"/> if the worker gave none.</summary>
    public string? Traceback { get; }
}
