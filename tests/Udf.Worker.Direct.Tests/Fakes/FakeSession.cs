using System.Runtime.CompilerServices;

namespace Udf.Worker.Direct.Tests;

/// <summary>A session that answers init, streams until its connection is lost, and explains the loss by its lease as a real one does.</summary>
internal sealed class FakeSession(WorkerSessionContext context, FakeConnection connection) : WorkerSession(context)
{
    public WorkerInit? Sent { get; private set; }

    public WorkerLeaseHandle Lease => Context.Lease;

    public WorkerSessionOptions Options => Context.Options;

    /// <summary>Ends as if its worker had said so.</summary>
    public void End(WorkerSessionOutcome outcome) => TrySettle(outcome);

    public int ProcessId { get; } = context.Lease.ProcessId!.Value;

    /// <summary>Runs until the connection is lost, and returns what the caller sees then.</summary>
    public async Task<Exception> RunUntilLostAsync(string payload = "test")
    {
        await InitAsync(new WorkerInit(new WorkerPayload(payload)));
        return await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (WorkerBatch unused in ProcessAsync(NoInput()))
            {
            }
        });

        static async IAsyncEnumerable<ReadOnlyMemory<byte>> NoInput()
        {
            await Task.CompletedTask;
            yield break;
        }
    }

    protected override ValueTask<WorkerInitResult> InitCoreAsync(WorkerInit init, CancellationToken cancellationToken)
    {
        Sent = init;
        return new(new WorkerInitResult());
    }

    protected override async IAsyncEnumerable<WorkerBatch> ProcessCoreAsync(
        IAsyncEnumerable<ReadOnlyMemory<byte>> input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (connection.Lost.UnsafeRegister(_ => lost.TrySetResult(), null))
        {
            await lost.Task.WaitAsync(cancellationToken);
        }

        TrySettle(WorkerSessionOutcome.TransportFailed(await Context.Lease.ExplainAsync(connection.LostReason!)));
        yield break;
    }

    protected override ValueTask CancelCoreAsync(string? reason)
    {
        TrySettle(WorkerSessionOutcome.Cancelled(reason));
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseCoreAsync() => ValueTask.CompletedTask;
}
