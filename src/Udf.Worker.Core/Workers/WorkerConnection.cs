namespace Udf.Worker;

/// <summary>
/// The way to one worker, however many sockets it takes: opens sessions on it, and speaks to the worker as a whole. It is all that a dispatcher knows of a transport.
/// </summary>
/// <remarks>
/// Members may be called from any thread at any time. The dispatcher that received the connection from its transport disposes it, after the sessions on it;
/// sessions that still run then end with a transport failure.
/// </remarks>
public abstract class WorkerConnection : IAsyncDisposable
{
    /// <summary>Which of <see cref="PingAsync"/>, <see cref="RequestShutdownAsync"/> and <see cref="CancelExecutionAsync"/> this connection can do. Constant for its life.</summary>
    public virtual WorkerConnectionFeatures Features => WorkerConnectionFeatures.None;

    /// <summary>Falls when the connection is lost: nothing further can be opened on it. Disposal is a loss too.</summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>
    /// Why the connection was lost; <see langword="null"/> while it is not. Set before <see cref="Lost"/> falls. An exception that nobody has thrown yet, another one for each who asks:
    /// many sessions may end by one loss, and each throws what it got.
    /// </summary>
    public abstract WorkerException? LostReason { get; }

    /// <summary>Opens a session: what drives one execution on the worker.</summary>
    /// <param name="context">What the session is opened with. From the moment this method returns, the session gives its lease back.</param>
    /// <param name="cancellationToken">Ends the attempt; nothing is left of it then.</param>
    /// <returns>A session in state <see cref="WorkerSessionState.Created"/>.</returns>
    /// <exception cref="WorkerConnectionException">The connection is lost, cannot be made, or the worker is at capacity.</exception>
    /// <exception cref="WorkerProtocolException">What answered does not speak the protocol.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public abstract ValueTask<WorkerSession> OpenSessionAsync(WorkerSessionContext context, CancellationToken cancellationToken);

    /// <summary>Asks the worker for a sign of life from its request loop.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NotSupportedException">The connection does not offer <see cref="WorkerConnectionFeatures.Ping"/>.</exception>
    /// <exception cref="WorkerException">The connection is lost.</exception>
    public virtual ValueTask PingAsync(CancellationToken cancellationToken) => throw Unsupported(WorkerConnectionFeatures.Ping);

    /// <summary>Asks the worker to end by itself.</summary>
    /// <param name="reason">Why, for the worker's log.</param>
    /// <param name="cancelSessions">Whether running executions are cancelled; otherwise they end normally first.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    /// <returns>Whether every execution was settled before the answer.</returns>
    /// <exception cref="NotSupportedException">The connection does not offer <see cref="WorkerConnectionFeatures.Shutdown"/>.</exception>
    /// <exception cref="WorkerException">The connection is lost.</exception>
    public virtual ValueTask<bool> RequestShutdownAsync(string? reason, bool cancelSessions, CancellationToken cancellationToken) =>
        throw Unsupported(WorkerConnectionFeatures.Shutdown);

    /// <summary>Cancels an execution past its own data, by the function's cancellation token.</summary>
    /// <param name="executionId">The id of the execution: <see cref="WorkerSession.ExecutionId"/>.</param>
    /// <param name="reason">Why, for the function.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    /// <returns>Whether the worker was running such an execution.</returns>
    /// <exception cref="NotSupportedException">The connection does not offer <see cref="WorkerConnectionFeatures.CancelExecution"/>.</exception>
    /// <exception cref="WorkerException">The connection is lost.</exception>
    public virtual ValueTask<bool> CancelExecutionAsync(string executionId, string? reason, CancellationToken cancellationToken) =>
        throw Unsupported(WorkerConnectionFeatures.CancelExecution);

    /// <summary>Closes the connection. Idempotent; every caller waits for the same end.</summary>
    public abstract ValueTask DisposeAsync();

    private NotSupportedException Unsupported(WorkerConnectionFeatures feature) =>
        new($"{GetType().Name} does not support {feature}. Ask {nameof(Features)} before the call.");
}
