namespace Udf.Worker;

/// <summary>
/// The right of one session to use one worker. Acquired before the session is made, and given back by it exactly once, whatever happens.
/// </summary>
/// <remarks>
/// <para>The session calls <see cref="OnInit"/> at most once, then <see cref="MarkInvalid"/> at most once, then <see cref="ReleaseAsync"/> exactly once, never two of them at the same time.
/// Exceptions that come out of them are caught and reported to the session's <see cref="WorkerSessionListener"/>.</para>
/// <para>A lease may be used again for another session when it has been given back. Sessions have it as a <see cref="WorkerLeaseHandle"/>, which ends with their use.</para>
/// </remarks>
public abstract class WorkerLease
{
    /// <summary>The id of the worker.</summary>
    public abstract string WorkerId { get; }

    /// <summary>The process id of the worker, or <see langword="null"/> if it is not a process of this machine.</summary>
    public virtual int? ProcessId => null;

    /// <summary>Which use of the lease the present one is. Differs from that of all uses before; by default always 0, for leases that are used once.</summary>
    protected internal virtual long Use => 0;

    /// <summary>Hears which payload the session is about to send to the worker.</summary>
    /// <param name="payload">The payload; its <see cref="WorkerPayload.Identity"/> tells it from others.</param>
    public virtual void OnInit(WorkerPayload payload)
    {
    }

    /// <summary>Says that the worker must not be used again: the session ended in a way that leaves its state unknown.</summary>
    /// <param name="reason">What happened.</param>
    public abstract void MarkInvalid(Exception reason);

    /// <summary>Gives the worker back.</summary>
    /// <param name="outcome">How the session ended.</param>
    /// <returns>A task that ends when the worker has been given back; for a worker that is not used again, when it is gone.</returns>
    public abstract ValueTask ReleaseAsync(WorkerSessionOutcome outcome);

    /// <summary>Ends a use, just before <see cref="ReleaseAsync"/>; for a lease that is used again, exactly one call for each use may succeed, from whatever thread.</summary>
    /// <param name="use">The <see cref="Use"/> that is to end.</param>
    /// <returns>Whether it was the present one. By default always: then <see cref="ReleaseAsync"/> finds out for itself whether it is called twice.</returns>
    protected internal virtual bool TryEndUse(long use) => true;

    /// <summary>
    /// Adds to a failure of the transport what is known of the worker: a connection that ends usually means a process that has ended, and its exit code and last output say why.
    /// </summary>
    /// <param name="failure">What the transport saw.</param>
    /// <returns>The failure to report: <paramref name="failure"/> itself if nothing more is known within a short, bounded time.</returns>
    public virtual ValueTask<WorkerException> ExplainAsync(WorkerException failure) => new(failure);
}
