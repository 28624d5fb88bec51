using System.Runtime.CompilerServices;

namespace Udf.Worker.TestHost;

/// <summary>Opens sessions that do nothing but hold their worker.</summary>
internal sealed class ScriptConnection : WorkerConnection
{
    private readonly CancellationTokenSource _lost = new();

    public override CancellationToken Lost => _lost.Token;

    public override WorkerException? LostReason => _lost.IsCancellationRequested ? new WorkerConnectionException("The connection was closed.") : null;

    public override ValueTask<WorkerSession> OpenSessionAsync(WorkerSessionContext context, CancellationToken cancellationToken) => new(new Session(context));

    public override async ValueTask DisposeAsync() => await _lost.CancelAsync();

    private sealed class Session(WorkerSessionContext context) : WorkerSession(context)
    {
        protected override ValueTask<WorkerInitResult> InitCoreAsync(WorkerInit init, CancellationToken cancellationToken) => new(new WorkerInitResult());

        protected override async IAsyncEnumerable<WorkerBatch> ProcessCoreAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield break;
        }

        protected override ValueTask CancelCoreAsync(string? reason) => ValueTask.CompletedTask;

        protected override ValueTask CloseCoreAsync() => ValueTask.CompletedTask;
    }
}
