namespace Udf.Worker.Testing;

/// <summary>A <see cref="ScriptedWorkerSession"/> with everything around it that records: one trail for the hooks and the lease, and a listener.</summary>
public sealed class SessionRig
{
    public SessionRig(Func<WorkerInit, WorkerInit>? prepareInit = null)
    {
        Lease = new RecordingLease(Trail);
        Session = new ScriptedWorkerSession(new WorkerSessionContext(Lease) { Listener = Listener, PrepareInit = prepareInit, ExecutionId = "execution-1" }, Trail);
    }

    public static WorkerInit Init { get; } = new(new WorkerPayload("udf.echo"));

    public CallTrail Trail { get; } = new();

    public RecordingLease Lease { get; }

    public RecordingSessionListener Listener { get; } = new();

    public ScriptedWorkerSession Session { get; }

    public static async Task<SessionRig> InitializedAsync()
    {
        var rig = new SessionRig();
        await rig.Session.InitAsync(Init).DefaultTimeout();
        return rig;
    }
}
