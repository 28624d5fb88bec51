namespace Udf.Worker;

/// <summary>
/// Hears what happens in a session, for logs and metrics. All members do nothing by default.
/// </summary>
/// <remarks>
/// Called on whichever thread the event happens, outside any lock: events of two threads may arrive at the same time and in either order. A member may call the session back, but must not wait for it.
/// An exception that leaves a member goes to <see cref="OperationFailed"/>, and from there nowhere: a broken listener never breaks a session.
/// </remarks>
public abstract class WorkerSessionListener
{
    /// <summary>A listener that hears nothing.</summary>
    public static WorkerSessionListener None { get; } = new Silent();

    /// <summary>The session has moved to another state.</summary>
    /// <param name="session">The session.</param>
    /// <param name="state">Its new state.</param>
    /// <param name="detail">Why, in a few words.</param>
    public virtual void StateChanged(WorkerSession session, WorkerSessionState state, string detail)
    {
    }

    /// <summary>The session has ended; it has yet to be closed.</summary>
    /// <param name="session">The session.</param>
    /// <param name="outcome">How.</param>
    public virtual void Settled(WorkerSession session, WorkerSessionOutcome outcome)
    {
    }

    /// <summary>Something failed that no caller waits for, such as the return of a lease. The session goes on with what comes next.</summary>
    /// <param name="session">The session.</param>
    /// <param name="operation">What was being done.</param>
    /// <param name="exception">What it failed with.</param>
    public virtual void OperationFailed(WorkerSession session, string operation, Exception exception)
    {
    }

    private sealed class Silent : WorkerSessionListener;
}
