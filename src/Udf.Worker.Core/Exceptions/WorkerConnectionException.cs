namespace Udf.Worker;

/// <summary>The connection to a worker was lost, refused, or could not be made, and nothing is known of the end of its process.</summary>
public sealed class WorkerConnectionException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, to which worker, and what to do.</param>
    /// <param name="innerException">The cause, usually an <see cref="IOException"/> or a socket exception.</param>
    public WorkerConnectionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the worker refused because it is at capacity; it is healthy then, and another worker may be tried.</summary>
    public bool IsAtCapacity { get; init; }

    /// <summary><see langword="true"/>: another connection or worker may serve the same call.</summary>
    public override bool IsTransient => true;
}
