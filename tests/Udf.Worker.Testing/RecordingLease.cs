namespace Udf.Worker.Testing;

/// <summary>A lease that writes down what its session calls, and does what the test has set before it returns. Each action may throw.</summary>
public sealed class RecordingLease(CallTrail trail) : WorkerLease
{
    public const string Init = "lease.init";
    public const string Invalid = "lease.invalid";
    public const string Release = "lease.release";
    public const string Released = "lease.released";

    public CallTrail Trail { get; } = trail;

    public override string WorkerId => "worker-1";

    public override int? ProcessId => 4711;

    public Action<WorkerPayload> OnInitAction { get; set; } = static _ => { };

    public Action<Exception> OnInvalid { get; set; } = static _ => { };

    public Func<WorkerSessionOutcome, ValueTask> OnRelease { get; set; } = static _ => default;

    public WorkerPayload? Payload { get; private set; }

    public Exception? InvalidReason { get; private set; }

    public WorkerSessionOutcome? ReleasedWith { get; private set; }

    public override void OnInit(WorkerPayload payload)
    {
        Trail.Add(Init);
        Payload = payload;
        OnInitAction(payload);
    }

    public override void MarkInvalid(Exception reason)
    {
        Trail.Add(Invalid);
        InvalidReason = reason;
        OnInvalid(reason);
    }

    public override async ValueTask ReleaseAsync(WorkerSessionOutcome outcome)
    {
        Trail.Add(Release);
        ReleasedWith = outcome;
        await OnRelease(outcome);
        Trail.Add(Released);
    }
}
