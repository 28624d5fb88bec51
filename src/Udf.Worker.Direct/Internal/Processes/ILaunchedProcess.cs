namespace Udf.Worker.Direct.Internal;

/// <summary>A process as the system gives it: a number, two streams, an end. Whoever launched it disposes it, after it has ended.</summary>
internal interface ILaunchedProcess : IDisposable
{
    /// <summary>The process id. It may belong to another process once <see cref="Exited"/> has completed.</summary>
    int ProcessId { get; }

    /// <summary>Completes with the exit code, as the system reports it, when the process has ended; whether its output has been read or not.</summary>
    Task<int> Exited { get; }

    /// <summary>What the process writes to its standard output.</summary>
    Stream StandardOutput { get; }

    /// <summary>What the process writes to its standard error.</summary>
    Stream StandardError { get; }

    /// <summary>Ends the standard input of the process: a worker that watches it ends by itself then.</summary>
    void CloseInput();

    /// <summary>Asks the process to end (SIGTERM).</summary>
    /// <returns>Whether it was asked: not if it has ended, and not on a system that knows no such signal.</returns>
    bool TryRequestEnd();

    /// <summary>Ends the process and those that it started, as far as they are found. Does nothing if it has ended.</summary>
    void Kill();
}
