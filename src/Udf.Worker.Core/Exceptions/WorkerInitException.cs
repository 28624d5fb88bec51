namespace Udf.Worker;

/// <summary>What a session was initialised with does not fit the specification of its worker, found before anything was sent.</summary>
public sealed class WorkerInitException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What does not fit, which part of the specification asks for it, and what to do.</param>
    public WorkerInitException(string message)
        : base(message)
    {
    }
}
