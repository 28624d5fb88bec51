using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// One execution over a channel: a connection of role execute, or a stream of a multiplexed one. <see cref="EngineExecution"/> knows what may be sent and what an answer means; this type moves the bytes and keeps the time.
/// </summary>
/// <remarks>
/// Three turns keep it in order. <c>_gate</c> guards the state machine and is held for an instant only. <c>_sendTurn</c> is held while a frame is being sent, which may take as long as the worker
/// does not read: nobody waits for it but who has something to send, and a cancellation that finds it taken is sent by its holder. <c>_readTurn</c> is held while something is awaited from the worker:
/// by the caller, or, once the execution is cancelled, by who drains it. Nobody outside is told anything while a turn is held.
/// </remarks>
internal sealed partial class FramedWorkerSession : WorkerSession
{
    private readonly FramedWorkerConnection _connection;
    private readonly ExecutionOutcomes _outcomes;
    private readonly SemaphoreSlim _sendTurn = new(1);
    private readonly SemaphoreSlim _readTurn = new(1);
    private readonly CancellationTokenSource _inputStop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SilenceTimer _terminatorTimer;
    private readonly SilenceTimer _cancelTimer;
    private readonly StreamWatch? _watch;
    private readonly Lock _gate = new();

    // Guarded by _gate. Replaced, both together, while both turns are held as well: so who has one of them may use the channel without the gate.
    private EngineExecution _execution = new();
    private ExecutionChannel _channel;
    private bool _isBroken;

    // Belong to who has _readTurn.
    private bool _isReused;
    private bool _heard;

    private WorkerPayload? _payload;
    private InitPlan? _init;
    private int _cancelWanted;
    private Exception? _failure;
    private volatile bool _isReaderLent;
    private volatile bool _isAwaited;
    private volatile bool _isOutputIncomplete;
    private volatile string? _cancelReason;
    private volatile string? _sendFault;

    internal FramedWorkerSession(WorkerSessionContext context, FramedWorkerConnection connection, ExecutionChannel channel, bool isReused)
        : base(context)
    {
        _connection = connection;
        _channel = channel;
        _isReused = isReused;
        _outcomes = new ExecutionOutcomes(context.Lease.WorkerId, context.Lease.ProcessId, connection.Endpoint);
        _terminatorTimer = new SilenceTimer(context.Options.TerminatorTimeout, context.TimeProvider, OnTerminatorOverdue);
        _cancelTimer = new SilenceTimer(context.Options.CancelTimeout, context.TimeProvider, OnCancelOverdue);
        _watch = StreamWatch.Create(context.Options, context.TimeProvider, OnSilent);
    }

    private bool IsCancelWanted => Volatile.Read(ref _cancelWanted) != 0;

    /// <inheritdoc/>
    protected override async ValueTask<WorkerInitResult> InitCoreAsync(WorkerInit init, CancellationToken cancellationToken)
    {
        _payload = init.Payload;
        _init = Plan(init);
        using var timeout = new CancellationTokenSource(Context.Options.InitTimeout, Context.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            if (_channel is UnchosenChannel)
            {
                await ChooseChannelAsync(init.Payload, linked.Token).ConfigureAwait(false);
            }

            _ = SendInitAsync(_init); // It notes its own failure; the answer is what counts.
            ReadResult answer = await ReadAsync(linked.Token).ConfigureAwait(false);
            if (answer.Action == EngineAction.Initialized)
            {
                return answer.InitResult!;
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            _connection.CancelInBackground(ExecutionId, "init took too long");
            GiveUp(_outcomes.TooSlow("answer Init", Context.Options.InitTimeout, nameof(WorkerSessionOptions.InitTimeout), "If the function needs longer to initialise, raise the limit."));
            await _ended.Task.ConfigureAwait(false);
        }

        ThrowOutcome();
        throw new InvalidOperationException("An execution that was not initialised has no outcome.");
    }

    /// <inheritdoc/>
    protected override IAsyncEnumerable<WorkerBatch> ProcessCoreAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken cancellationToken) =>
        new FramedBatchStream(this, input);

    /// <inheritdoc/>
    protected override ValueTask CancelCoreAsync(string? reason)
    {
        _cancelReason = reason;
        WantCancel();
        if (!EndIfNotBegun())
        {
            _connection.CancelInBackground(ExecutionId, reason);
            PlaceCancel();
            _ = DrainAsync(); // Ends with the execution, at the latest by the timer; closing the session waits for that.
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseCoreAsync()
    {
        if (Outcome is null)
        {
            await DrainAsync().ConfigureAwait(false);
        }

        TakeReaderBack();
        Quiet();
        ExecutionChannel channel;
        bool isReusable;
        lock (_gate)
        {
            channel = _channel;
            isReusable = _execution.State == EngineExecutionState.Created
                ? _isReused
                : _execution.IsConnectionReusable && !_isBroken && channel.IsVerified;

            // Something else than the wire may have ended the session: whoever still reads or sends finds the end here.
            _execution.ConnectionLost("the session was closed");
        }

        _ended.TrySetResult();

        if (isReusable && _sendTurn.Wait(0))
        {
            _sendTurn.Release();
            isReusable = !channel.Reader.HasBytes;
        }
        else
        {
            isReusable = false;
            channel.Abort();
        }

        // What was in flight on the channel has ended or fails now, and nothing begins any more: after this nobody touches its buffers.
        await _sendTurn.WaitAsync().ConfigureAwait(false);
        _sendTurn.Release();
        await _readTurn.WaitAsync().ConfigureAwait(false);
        _readTurn.Release();
        await _connection.ReturnAsync(channel, isReusable).ConfigureAwait(false);
    }

    /// <summary>Throws what the execution failed with, if it did. That it was cancelled is Core's to say.</summary>
    internal void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Throws what the execution failed with, or that it was cancelled.</summary>
    private void ThrowOutcome()
    {
        ThrowIfFailed();
        if (Outcome is { Kind: not WorkerSessionOutcomeKind.Finished } outcome)
        {
            throw outcome.Exception ?? new OperationCanceledException($"Execution {ExecutionId} was cancelled{(outcome.CancelReason is { } reason ? $": {reason}" : "")}.");
        }
    }

    /// <summary>What is sent to begin the execution. If it cannot be said, the worker has heard of nothing and is well.</summary>
    private InitPlan Plan(WorkerInit init)
    {
        try
        {
            return InitPlan.Create(init, ExecutionId, _connection.Options.ChunkPayloadAboveBytes, _connection.WorkerMaxFrameBytes);
        }
        catch (Exception exception)
        {
            TrySettle(WorkerSessionOutcome.Failed(exception));
            throw;
        }
    }
}
