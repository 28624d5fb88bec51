namespace Udf.Worker.Direct;

/// <summary>A process that a launcher has started: a number, two streams, an end, and the ways to end it. Whoever launched it disposes it, after it has ended or has been given up.</summary>
/// <remarks>Members may be called from any thread, and at the same time. What one throws when the process is ended is logged, and the further steps of its end are done.</remarks>
public abstract class LaunchedProcess : IDisposable
{
    /// <summary>The process id, as it is seen from this process. It may belong to another one once <see cref="Exited"/> has completed.</summary>
    public abstract int ProcessId { get; }

    /// <summary>
    /// Completes with the exit code when the process has ended, whether its output has been read or not. The end by signal <c>n</c> is the code <c>128 + n</c>. Must not fail.
    /// </summary>
    /// <remarks>Implementations see to it that what the process has started, and has left running, ends too.</remarks>
    public abstract Task<int> Exited { get; }

    /// <summary>What the process writes to its standard output. Read to its end by the caller, so that the process never waits for a reader.</summary>
    public abstract Stream StandardOutput { get; }

    /// <summary>What the process writes to its standard error. Read as <see cref="StandardOutput"/> is.</summary>
    public abstract Stream StandardError { get; }

    /// <summary>Ends the standard input of the process, into which nothing is ever written: a worker that watches it ends by itself then. Idempotent.</summary>
    public abstract void CloseInput();

    /// <summary>Asks the process, and what it has started, to end: SIGTERM.</summary>
    /// <returns>Whether it was asked: not if it has ended, and not on a system that knows no such signal.</returns>
    public abstract bool TryTerminate();

    /// <summary>Ends the process, and what it has started, at once: SIGKILL. Does nothing if it has ended.</summary>
    public abstract void Kill();

    /// <summary>Lets go of the process; reads that are pending on its streams end.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of the process.</summary>
    /// <param name="disposing">Whether it was asked for; otherwise the object is being finalized.</param>
    protected abstract void Dispose(bool disposing);
}
