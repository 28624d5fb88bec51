namespace Udf.Worker.Testing;

/// <summary>A dispatcher whose sessions are made by the test. It has no specification and no workers.</summary>
public sealed class ScriptedWorkerDispatcher(Func<WorkerSessionOptions?, CancellationToken, ValueTask<WorkerSession>> create) : WorkerDispatcher
{
    public override WorkerSpecification Specification => throw new NotSupportedException("A scripted dispatcher has no specification.");

    public override ValueTask<WorkerSession> CreateSessionAsync(WorkerSessionOptions? options = null, CancellationToken cancellationToken = default) => create(options, cancellationToken);

    public override ValueTask DisposeAsync() => default;

    protected override void Dispose(bool disposing)
    {
    }
}
