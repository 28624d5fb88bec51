using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker;

/// <summary>
/// One use of a <see cref="WorkerLease"/>: what a session has of it. Once the worker has been given back, this handle can do nothing any more, whoever uses the same lease by then. Thread safe.
/// </summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Two handles of one use are never compared.")]
public readonly struct WorkerLeaseHandle
{
    // Null for a session that has given it back and let go of it: a session that is over must not keep a lease alive that another has by then.
    private readonly WorkerLease? _lease;
    private readonly long _use;

    /// <summary>The present use of a lease.</summary>
    /// <param name="lease">The lease, acquired and not given back.</param>
    public WorkerLeaseHandle(WorkerLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        _lease = lease;
        _use = lease.Use;
    }

    /// <summary>The id of the worker; empty once its session is closed.</summary>
    public string WorkerId => _lease?.WorkerId ?? "";

    /// <summary>The process id of the worker, or <see langword="null"/> if it is not a process of this machine, or once its session is closed.</summary>
    public int? ProcessId => _lease?.ProcessId;

    /// <inheritdoc cref="WorkerLease.OnInit"/>
    /// <exception cref="InvalidOperationException">The worker was given back.</exception>
    public void OnInit(WorkerPayload payload) => Present().OnInit(payload);

    /// <inheritdoc cref="WorkerLease.MarkInvalid"/>
    /// <exception cref="InvalidOperationException">The worker was given back.</exception>
    public void MarkInvalid(Exception reason) => Present().MarkInvalid(reason);

    /// <inheritdoc cref="WorkerLease.ReleaseAsync"/>
    /// <exception cref="InvalidOperationException">The worker was given back before.</exception>
    public ValueTask ReleaseAsync(WorkerSessionOutcome outcome) => _lease is { } lease && lease.TryEndUse(_use) ? lease.ReleaseAsync(outcome) : throw Returned();

    /// <inheritdoc cref="WorkerLease.ExplainAsync"/>
    public ValueTask<WorkerException> ExplainAsync(WorkerException failure) => _lease?.ExplainAsync(failure) ?? new(failure);

    private WorkerLease Present() => _lease is { } lease && lease.Use == _use ? lease : throw Returned();

    private InvalidOperationException Returned() => new($"{(_lease is null ? "The worker" : $"Worker '{WorkerId}'")} was given back by this session before: that is done once, by closing it.");
}
