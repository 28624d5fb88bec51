namespace Udf.Worker;

/// <summary>
/// The base of everything that this library throws about a worker. One leaf stands for each reason that a caller would treat differently;
/// misuse of the API is reported with the types of the framework instead (<see cref="ArgumentException"/>, <see cref="InvalidOperationException"/>, <see cref="ObjectDisposedException"/>).
/// </summary>
/// <remarks>The data is what is known of the worker when the exception is made; each property is <see langword="null"/> where it is not known.</remarks>
public abstract class WorkerException : Exception
{
    private protected WorkerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed when it is made again, on another worker or later.</summary>
    public virtual bool IsTransient => false;

    /// <summary>The id of the worker (the value of its <c>--id</c>).</summary>
    public string? WorkerId { get; init; }

    /// <summary>The process id of the worker.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Where the worker was to be reached: a socket path, or an address and a port.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The last lines that the worker wrote to its standard output and standard error, or <see langword="null"/> if it wrote none.</summary>
    public string? OutputTail { get; init; }
}
