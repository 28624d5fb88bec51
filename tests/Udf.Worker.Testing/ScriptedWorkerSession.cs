using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Udf.Worker.Testing;

/// <summary>
/// A session without a worker: its hooks write down that they were called, then do what the test has set. Unless told otherwise it accepts every function,
/// answers each batch with a copy, finishes when the input ends, and confirms a cancellation when it is closed.
/// </summary>
public sealed class ScriptedWorkerSession : WorkerSession
{
    public const string InitHook = "init";
    public const string ProcessHook = "process";
    public const string CancelHook = "cancel";
    public const string CloseHook = "close";

    private readonly CallTrail _trail;
    private readonly ConcurrentQueue<TrackedMemory> _published = new();

    public ScriptedWorkerSession(WorkerSessionContext context, CallTrail trail)
        : base(context)
    {
        _trail = trail;
        OnInit = static (_, _) => new(new WorkerInitResult());
        OnProcess = EchoAsync;
        OnCancel = _ =>
        {
            TryBeginCancel();
            return default;
        };
        OnClose = () =>
        {
            TrySettle(WorkerSessionOutcome.Cancelled("confirmed"));
            return default;
        };
    }

    public Func<WorkerInit, CancellationToken, ValueTask<WorkerInitResult>> OnInit { get; set; }

    public Func<IAsyncEnumerable<ReadOnlyMemory<byte>>, CancellationToken, IAsyncEnumerable<WorkerBatch>> OnProcess { get; set; }

    public Func<string?, ValueTask> OnCancel { get; set; }

    public Func<ValueTask> OnClose { get; set; }

    /// <summary>From here the batches are lent out.</summary>
    public WorkerBatchSlot Slot { get; } = new();

    /// <summary>The memory of each batch that <see cref="Publish"/> has lent out, in order.</summary>
    public IReadOnlyCollection<TrackedMemory> Published => _published;

    public string? CancelReason { get; private set; }

    public new bool TrySettle(WorkerSessionOutcome outcome) => base.TrySettle(outcome);

    public new bool TryBeginFinish() => base.TryBeginFinish();

    public new bool TryBeginCancel() => base.TryBeginCancel();

    public WorkerBatch Publish(params byte[] bytes)
    {
        var memory = new TrackedMemory(bytes);
        _published.Enqueue(memory);
        return Slot.Publish(memory);
    }

    /// <summary>Answers each batch with a copy, then finishes.</summary>
    public async IAsyncEnumerable<WorkerBatch> EchoAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ReadOnlyMemory<byte> batch in input.WithCancellation(cancellationToken))
        {
            yield return Publish(batch.ToArray());
        }

        TryBeginFinish();
        TrySettle(WorkerSessionOutcome.Finished());
    }

    protected override ValueTask<WorkerInitResult> InitCoreAsync(WorkerInit init, CancellationToken cancellationToken)
    {
        _trail.Add(InitHook);
        return OnInit(init, cancellationToken);
    }

    protected override IAsyncEnumerable<WorkerBatch> ProcessCoreAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken cancellationToken)
    {
        _trail.Add(ProcessHook);
        return OnProcess(input, cancellationToken);
    }

    protected override ValueTask CancelCoreAsync(string? reason)
    {
        _trail.Add(CancelHook);
        CancelReason = reason;
        return OnCancel(reason);
    }

    protected override ValueTask CloseCoreAsync()
    {
        _trail.Add(CloseHook);
        return OnClose();
    }
}
