using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// One execution over one connection of role execute. <see cref="EngineExecution"/> knows what may be sent and what an answer means; this type moves the bytes and keeps the time.
/// </summary>
/// <remarks>
/// Three turns keep it in order. <c>_gate</c> guards the state machine and is held for an instant only. <c>_sendTurn</c> is held while a frame is being sent, which may take as long as the worker
/// does not read: nobody waits for it but who has something to send, and a cancellation that finds it taken is sent by its holder. <c>_readTurn</c> is held while something is awaited from the worker:
/// by the caller, or, once the execution is cancelled, by who drains it.
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
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private EngineExecution _execution = new();

    // Changed only before anything was heard on it, while _sendTurn and _readTurn are held by nobody else.
    private FramedChannel _channel;
    private bool _isReused;
    private bool _heard;

    private volatile bool _cancelWanted;
    private volatile string? _cancelReason;
    private volatile Exception? _failure;
    private volatile string? _sendFault;

    internal FramedWorkerSession(WorkerSessionContext context, FramedWorkerConnection connection, FramedChannel channel, bool isReused)
        : base(context)
    {
        _connection = connection;
        _channel = channel;
        _isReused = isReused;
        _outcomes = new ExecutionOutcomes(context.Lease, connection.Endpoint);
        _terminatorTimer = new SilenceTimer(context.Options.TerminatorTimeout, context.TimeProvider, OnTerminatorOverdue);
        _cancelTimer = new SilenceTimer(context.Options.CancelTimeout, context.TimeProvider, OnCancelOverdue);
    }

    /// <inheritdoc/>
    protected override async ValueTask<WorkerInitResult> InitCoreAsync(WorkerInit init, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Context.Options.InitTimeout, Context.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            Task sending = SendInitAsync(init);
            ReadResult answer = await ReadAsync(mayRetry: _isReused, linked.Token).ConfigureAwait(false);
            if (answer.IsStale)
            {
                // The worker closed a connection that was kept, between two executions: this one has not begun for it.
                await sending.ConfigureAwait(false);
                await ReconnectAsync(linked.Token).ConfigureAwait(false);
                _ = SendInitAsync(init); // It notes its own failure; the answer is what counts.
                answer = await ReadAsync(mayRetry: false, linked.Token).ConfigureAwait(false);
            }

            if (answer.Action == EngineAction.Initialized)
            {
                lock (_gate)
                {
                    return new WorkerInitResult(_execution.InitResponse is { HasData: true } response ? response.Data.Memory : null);
                }
            }

            ThrowOutcome();
            throw new InvalidOperationException("An execution that was not initialised has no outcome.");
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            WorkerException failure = _outcomes.TooSlow("answer Init", Context.Options.InitTimeout, nameof(WorkerSessionOptions.InitTimeout), "If the function needs longer to initialise, raise the limit.");
            _connection.CancelInBackground(ExecutionId, "init took too long");
            GiveUp(failure);
            throw failure;
        }
    }

    /// <inheritdoc/>
    protected override IAsyncEnumerable<WorkerBatch> ProcessCoreAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken cancellationToken) =>
        new FramedBatchStream(this, input);

    /// <inheritdoc/>
    protected override ValueTask CancelCoreAsync(string? reason)
    {
        _cancelReason = reason;
        _cancelWanted = true;
        if (!EndIfNotBegun())
        {
            _cancelTimer.Start();
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

        Quiet();
        bool isReusable = false;
        if (_sendTurn.Wait(0))
        {
            // Nothing is being sent, and nothing will be: the execution has ended.
            lock (_gate)
            {
                isReusable = _execution.State == EngineExecutionState.Created ? _isReused : _execution.IsConnectionReusable;
            }

            _sendTurn.Release();
        }

        await _connection.ReturnAsync(_channel, isReusable).ConfigureAwait(false);
    }

    /// <summary>Throws what the execution failed with, if it did. That it was cancelled is Core's to say.</summary>
    internal void ThrowIfFailed()
    {
        if (_failure is { } failure)
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

    /// <summary>Ends an execution of which the worker has heard nothing.</summary>
    private bool EndIfNotBegun()
    {
        lock (_gate)
        {
            if (_execution.State != EngineExecutionState.Created)
            {
                return false;
            }

            _execution.TrySendCancel();
        }

        Settle(failure: null);
        return true;
    }

    /// <summary>Ends the execution without the worker: a limit has passed. What it is still doing is no longer waited for.</summary>
    private void GiveUp(WorkerException failure)
    {
        EngineAction action;
        lock (_gate)
        {
            action = _execution.ConnectionLost(failure.Message);
        }

        if (action == EngineAction.Ended)
        {
            Settle(failure);
        }
    }

    /// <summary>Makes the outcome of the execution that of the session. Called by whoever was told by the state machine that it has ended, so once.</summary>
    /// <param name="failure">What the connection failed with, if it was that.</param>
    private void Settle(WorkerException? failure)
    {
        EngineExecution execution = _execution;
        EngineExecutionOutcome ended = execution.Outcome!;
        WorkerException? reported = ended.Error is { } error ? _outcomes.Reported(error, ExecutionOutcomes.PhaseOf(execution, error)) : null;
        if (reported is not null && ended.SuppressedError is { } suppressed)
        {
            reported.Data["Suppressed"] = _outcomes.Reported(suppressed, ended.CancelResponse is null ? WorkerExecutionPhase.Finish : WorkerExecutionPhase.Cancel).Message;
        }

        if (ended.Kind == EngineOutcomeKind.ProtocolViolated)
        {
            failure = _outcomes.Violated(ended.Violation!);
        }

        // What the worker reported comes before everything else that there is to say.
        _failure ??= reported ?? failure;
        TrySettle(failure is null
            ? ExecutionOutcomes.Clean(ended, reported, _cancelReason)
            : WorkerSessionOutcome.TransportFailed(failure));
        if (failure is not null)
        {
            _channel.Bytes.Abort();
        }

        Quiet();
        _ended.TrySetResult();
    }

    /// <summary>Stops what runs beside the execution: its timers, and the wait for further input.</summary>
    private void Quiet()
    {
        _terminatorTimer.Dispose();
        _cancelTimer.Dispose();
        _inputStop.Cancel();
    }

    private void OnTerminatorOverdue()
    {
        if (_readTurn.CurrentCount > 0)
        {
            // Nobody is waiting: the consumer is slow, not the worker.
            _terminatorTimer.Start();
            return;
        }

        _connection.CancelInBackground(ExecutionId, "the execution did not end in time");
        GiveUp(_outcomes.TooSlow(
            "end the execution, or send another batch, after the end of the input",
            Context.Options.TerminatorTimeout,
            nameof(WorkerSessionOptions.TerminatorTimeout),
            "If the function needs longer at its end, raise the limit, or let it send an empty batch from time to time."));
    }

    private void OnCancelOverdue() => GiveUp(_outcomes.TooSlow(
        "confirm the cancellation of an execution",
        Context.Options.CancelTimeout,
        nameof(WorkerSessionOptions.CancelTimeout),
        "The function does not look at its cancellation; its worker is not used again."));
}
