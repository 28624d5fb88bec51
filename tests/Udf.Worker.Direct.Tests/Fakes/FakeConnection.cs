namespace Udf.Worker.Direct.Tests;

/// <summary>A connection that opens sessions without a wire, and is lost when the worker ends or it is disposed.</summary>
internal sealed class FakeConnection : WorkerConnection
{
    private readonly CancellationTokenSource _lost = new();
    private WorkerException? _reason;

    public FakeConnection(WorkerEndpoint endpoint) =>
        endpoint.ExitToken.UnsafeRegister(_ => Lose(new WorkerConnectionException("The worker has ended.")), null);

    /// <summary>Answers a request to shut down; if it is not set, the connection knows no such request.</summary>
    public Func<bool, CancellationToken, ValueTask<bool>>? OnShutdown { get; set; }

    /// <summary>Answers a heartbeat; if it is not set, the connection cannot ping.</summary>
    public Func<CancellationToken, ValueTask>? OnPing { get; set; }

    public override WorkerConnectionFeatures Features =>
        (OnShutdown is null ? WorkerConnectionFeatures.None : WorkerConnectionFeatures.Shutdown) | (OnPing is null ? WorkerConnectionFeatures.None : WorkerConnectionFeatures.Ping);

    public override CancellationToken Lost => _lost.Token;

    public override WorkerException? LostReason => _reason;

    public override ValueTask<WorkerSession> OpenSessionAsync(WorkerSessionContext context, CancellationToken cancellationToken) => new(new FakeSession(context, this));

    public override ValueTask<bool> RequestShutdownAsync(string? reason, bool cancelSessions, CancellationToken cancellationToken) => OnShutdown!(cancelSessions, cancellationToken);

    public override ValueTask PingAsync(CancellationToken cancellationToken) => OnPing!(cancellationToken);

    public override ValueTask DisposeAsync()
    {
        Lose(new WorkerConnectionException("The connection was disposed."));
        return ValueTask.CompletedTask;
    }

    private void Lose(WorkerException reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _lost.Cancel();
    }
}
