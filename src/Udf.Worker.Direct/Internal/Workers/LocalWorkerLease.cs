namespace Udf.Worker.Direct.Internal;

/// <summary>The right of one session to a worker that serves only it: giving it back ends the worker.</summary>
internal sealed class LocalWorkerLease : WorkerLease
{
    private readonly LocalWorker _worker;
    private readonly WorkerRegistry _registry;
    private volatile Exception? _invalidReason;

    /// <param name="worker">The worker, on which a session begins with this.</param>
    /// <param name="registry">Where the worker is known until it is gone.</param>
    public LocalWorkerLease(LocalWorker worker, WorkerRegistry registry)
    {
        _worker = worker;
        _registry = registry;
        worker.Heartbeats.BeginSession();
    }

    public override string WorkerId => _worker.Id;

    public override int? ProcessId => _worker.ProcessId;

    public override void MarkInvalid(Exception reason)
    {
        Interlocked.CompareExchange(ref _invalidReason, reason, null);
        _worker.MarkFailed();
    }

    /// <summary>Returns when the process is gone, and its address with it.</summary>
    public override async ValueTask ReleaseAsync(WorkerSessionOutcome outcome)
    {
        _worker.Heartbeats.EndSession();
        await _registry.EndAsync(_worker, EndReason(_invalidReason), isIdle: _invalidReason is null).ConfigureAwait(false);
    }

    public override ValueTask<WorkerException> ExplainAsync(WorkerException failure) => _worker.ExplainAsync(failure);

    private static string EndReason(Exception? invalidReason) => invalidReason switch
    {
        null => "its session has ended",
        WorkerTimeoutException timeout => $"its session failed: {timeout.Setting} of {Text.Milliseconds(timeout.Timeout)} has passed",
        _ => "its session failed",
    };
}
