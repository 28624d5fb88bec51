namespace Udf.Worker;

/// <summary>What a session is opened with: its lease, its options, and who hears of it.</summary>
public sealed class WorkerSessionContext
{
    /// <summary>Creates the context of one session.</summary>
    /// <param name="lease">The right to use the worker; the session gives it back.</param>
    /// <param name="options">How the session behaves; <see langword="null"/> for the defaults.</param>
    public WorkerSessionContext(WorkerLease lease, WorkerSessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lease);
        Lease = new WorkerLeaseHandle(lease);
        Options = options ?? WorkerSessionOptions.Default;
    }

    /// <summary>The right to use the worker, until the session has given it back.</summary>
    public WorkerLeaseHandle Lease { get; private set; }

    /// <summary>How the session behaves.</summary>
    public WorkerSessionOptions Options { get; }

    /// <summary>The id of the execution, unique among all of this worker.</summary>
    public string ExecutionId { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>Who hears of the session.</summary>
    public WorkerSessionListener Listener { get; init; } = WorkerSessionListener.None;

    /// <summary>
    /// Completes what the caller initialises the session with by what the worker's specification asks for, or throws a <see cref="WorkerInitException"/> if it cannot be had.
    /// <see langword="null"/> to send it as it is.
    /// </summary>
    public Func<WorkerInit, WorkerInit>? PrepareInit { get; init; }

    /// <summary>The clock of the session's time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Lets go of the lease that was given back. Who keeps a closed session must not keep alive what another session has by then, or it could not be found if that one is forgotten.</summary>
    internal void LetGoOfLease() => Lease = default;
}
