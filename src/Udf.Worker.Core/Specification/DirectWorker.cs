namespace Udf.Worker;

/// <summary>A worker that the engine starts itself, as a process of the same machine.</summary>
public sealed record DirectWorker
{
    /// <summary>
    /// Starts one worker and blocks until it has ended. <c>--id</c> and <c>--connection</c> are appended when it is started. Required.
    /// </summary>
    public ProcessCallable? Runner { get; init; }

    /// <summary>How the worker is reached and how long things may take. Required, as its connection is.</summary>
    public WorkerProperties? Properties { get; init; }
}
