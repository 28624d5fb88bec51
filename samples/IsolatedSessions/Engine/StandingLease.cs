using Udf.Worker;

namespace IsolatedSessions.Engine;

/// <summary>The right to use a worker that stays in any case.</summary>
internal sealed class StandingLease(string workerId, int processId) : WorkerLease
{
    public override string WorkerId => workerId;

    public override int? ProcessId => processId;

    public override void MarkInvalid(Exception reason)
    {
        // The execution itself says what happened, and that ends this program.
    }

    public override ValueTask ReleaseAsync(WorkerSessionOutcome outcome) => default;
}
