namespace Udf.Worker;

/// <summary>
/// The workers of one specification: makes sessions on them, and ends them. The only thing of this library that a query engine has to hold on to.
/// </summary>
/// <remarks>
/// Members may be called from any thread. Whoever made the dispatcher disposes it; disposal ends its workers and the sessions that still run on them,
/// is idempotent, and every caller waits for the same end.
/// </remarks>
public abstract class WorkerDispatcher : IAsyncDisposable, IDisposable
{
    /// <summary>What the workers of this dispatcher are.</summary>
    public abstract WorkerSpecification Specification { get; }

    /// <summary>Makes a session on a worker, which is started if need be.</summary>
    /// <param name="options">How the session behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait; a worker that was being started for this call alone is ended.</param>
    /// <returns>A session in state <see cref="WorkerSessionState.Created"/>, which the caller disposes.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher is closed.</exception>
    /// <exception cref="WorkerException">The worker's environment cannot be prepared, or no worker can be started.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public abstract ValueTask<WorkerSession> CreateSessionAsync(WorkerSessionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Closes the dispatcher: no new sessions, the workers end, then the environment is cleaned up.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>The same as <see cref="DisposeAsync"/> for a caller that cannot await; blocks until the workers are gone.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the dispatcher synchronously.</summary>
    /// <param name="disposing"><see langword="true"/> when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
