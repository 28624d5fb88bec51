namespace Udf.Worker.Benchmarks.Sessions;

/// <summary>The lease of a worker that somebody else ends.</summary>
internal sealed class BorrowedWorker(string id) : WorkerLease
{
    public override string WorkerId => id;

    public override void MarkInvalid(Exception reason) => throw new InvalidOperationException("A session of the benchmark failed.", reason);

    public override ValueTask ReleaseAsync(WorkerSessionOutcome outcome) => default;
}
