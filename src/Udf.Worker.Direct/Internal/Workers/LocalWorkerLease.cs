namespace Udf.Worker.Direct.Internal;

/// <summary>The right of one session to a worker that serves only it: giving it back ends the worker.</summary>
/// <param name="worker">The worker.</param>
/// <param name="registry">Where the worker is known until it is gone.</param>
internal sealed class LocalWorkerLease(LocalWorker worker, WorkerRegistry registry) : WorkerLease
{
    private volatile Exception? _invalidReason;

    public override string WorkerId => worker.Id;

    public override int? ProcessId => worker.ProcessId;

    public override void MarkInvalid(Exception reason)
    {
        Interlocked.CompareExchange(ref _invalidReason, reason, null);
        worker.MarkFailed();
    }

    /// <summary>Returns when the process is gone, and its address with it.</summary>
    public override async ValueTask ReleaseAsync(WorkerSessionOutcome outcome) =>
        await registry.EndAsync(worker, _invalidReason is null ? "its session has ended" : "its session failed", isIdle: _invalidReason is null).ConfigureAwait(false);

    public override ValueTask<WorkerException> ExplainAsync(WorkerException failure) => worker.ExplainAsync(failure);
}
