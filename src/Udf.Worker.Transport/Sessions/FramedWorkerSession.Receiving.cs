using System.Runtime.CompilerServices;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

// What comes from the worker.
internal sealed partial class FramedWorkerSession
{
    /// <summary>Waits for the next thing that concerns the caller. Batches that nobody wants any more are dropped on the way.</summary>
    /// <param name="cancellationToken">Ends the wait, at once; nothing is lost.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        bool endedHere = false;
        WorkerException? failure = null;
        await _readTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!endedHere && !HasEnded())
            {
                if (!_channel.IsVerified && await VerifyAsync(cancellationToken).ConfigureAwait(false) is { } refusal)
                {
                    failure = refusal;
                    endedHere = TryEnd(failure);
                    break;
                }

                // In this order: a limit that passes now finds either nobody waiting or a wait that has just begun.
                _terminatorTimer.Restart();
                _isAwaited = true;
                _watch?.BeginWait();
                ReceivedFrame frame = await _channel.Reader.ReceiveAsync(cancellationToken).ConfigureAwait(false);
                if (frame.Kind is FrameKind.End or FrameKind.Broken)
                {
                    (endedHere, failure) = await EndOfStreamAsync(frame, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                _heard = true;
                EngineAction action = Take(frame, out AlignedBuffer? batch);
                switch (action)
                {
                    case EngineAction.Deliver when IsCancelWanted:
                        // Its cancellation is not on the wire yet, but who reads must not get what comes after a batch that was dropped.
                        batch!.Dispose();
                        _isOutputIncomplete = true;
                        break;
                    case EngineAction.Deliver:
                        _receivedBatches = (_receivedBatches.Bytes + batch!.Length, _receivedBatches.Count + 1);
                        _watch?.Answered();
                        return ReadResult.Deliver(batch);
                    case EngineAction.Initialized:
                        return ReadResult.Initialized(InitResult());
                    case EngineAction.Failed:
                        // Nothing is settled before the worker has confirmed that it is done with this execution.
                        WantCancel();
                        PlaceCancel();
                        break;
                    case EngineAction.Ended:
                        endedHere = true;
                        break;
                    case EngineAction.None:
                        break;
                    default:
                        throw new InvalidOperationException($"Unknown action {action}.");
                }
            }
        }
        finally
        {
            _isAwaited = false;
            _watch?.EndWait();
            _readTurn.Release();
        }

        if (endedHere)
        {
            Settle(failure);
        }

        // Whoever ended it may still be about to say how.
        await _ended.Task.ConfigureAwait(false);
        return ReadResult.Ended;
    }

    /// <summary>Whether the consumer was given the thread that receives.</summary>
    internal bool IsReaderLent => _isReaderLent && Context.Options.ContinueInline;

    /// <summary>Gives the thread that receives to the consumer, or has him look for his results himself, if he asked for it, until the execution is to end: nothing of that depends on him.</summary>
    internal void LendReader()
    {
        if (!Context.Options.ContinueInline && Context.Options.PollBeforeWait == TimeSpan.Zero)
        {
            return;
        }

        _isReaderLent = true;
        lock (_gate)
        {
            if (!IsCancelWanted)
            {
                _channel.SetContinuesInline(Context.Options.ContinueInline);
                _channel.SetPolling(Context.Options.PollBeforeWait, Context.TimeProvider);
            }
        }
    }

    private void TakeReaderBack()
    {
        if (!_isReaderLent)
        {
            return;
        }

        ExecutionChannel channel;
        lock (_gate)
        {
            channel = _channel;
        }

        channel.SetPolling(TimeSpan.Zero, Context.TimeProvider);
        channel.SetContinuesInline(false);
    }

    /// <summary>Reads what is left of an execution that nobody wants any more, until its end.</summary>
    private async Task DrainAsync()
    {
        ReadResult result;
        do
        {
            result = await ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }
        while (result.Action != EngineAction.Ended);
    }

    private WorkerInitResult InitResult()
    {
        lock (_gate)
        {
            return new WorkerInitResult(_execution.InitResponse is { HasData: true } response ? response.Data.Memory : null);
        }
    }

    /// <summary>Reads the answer to the preface of a new connection.</summary>
    /// <returns>Why the worker cannot be spoken to; <see langword="null"/> if it accepted.</returns>
    private async ValueTask<WorkerException?> VerifyAsync(CancellationToken cancellationToken)
    {
        WorkerPrefaceCheck check;
        try
        {
            check = await _channel.VerifyAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            return await ExplainAsync(_outcomes.Broken(new FrameFault(exception.Message))).ConfigureAwait(false);
        }

        return check.Outcome == WorkerPrefaceOutcome.Accepted ? null : await ExplainAsync(WorkerRefusals.Refused(_connection.Endpoint, check)).ConfigureAwait(false);
    }

    /// <summary>The connection has ended, or cannot be read on: so has the execution, unless it can begin anew.</summary>
    /// <returns>Whether this call ended the execution, and why.</returns>
    private async ValueTask<(bool EndedHere, WorkerException? Failure)> EndOfStreamAsync(ReceivedFrame frame, CancellationToken cancellationToken)
    {
        WorkerException failure;
        if (IsStale(frame))
        {
            try
            {
                return (await TryBeginAnewAsync(cancellationToken).ConfigureAwait(false), null);
            }
            catch (WorkerException exception)
            {
                failure = exception;
            }
        }
        else
        {
            failure = _outcomes.Broken(frame.Fault ?? new FrameFault(_sendFault is null ? "the worker closed it" : $"the worker closed it ({_sendFault})"));
        }

        return HasEnded() ? (false, null) : (TryEnd(failure = await ExplainAsync(failure).ConfigureAwait(false)), failure);
    }

    /// <summary>Adds to the loss of a connection everything that is known about why.</summary>
    private async ValueTask<WorkerException> ExplainAsync(WorkerException failure)
    {
        if (failure is not WorkerConnectionException { IsAtCapacity: false })
        {
            return failure;
        }

        failure = _connection.LostReason ?? failure;
        try
        {
            return await Context.Lease.ExplainAsync(failure).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // What was seen here is true all the same, and the execution has to end.
            return failure;
        }
    }

    /// <summary>Asks the state machine what a frame means.</summary>
    private EngineAction Take(ReceivedFrame frame, out AlignedBuffer? batch)
    {
        batch = null;
        AlignedBuffer buffer = frame.Buffer!;
        if (frame.Kind == FrameKind.Data)
        {
            EngineAction action;
            lock (_gate)
            {
                action = _execution.ReceiveData();
            }

            if (action == EngineAction.Deliver)
            {
                batch = buffer;
            }
            else
            {
                _isOutputIncomplete = true;
                buffer.Dispose();
            }

            return action;
        }

        using (buffer)
        {
            UdfResponse response;
            try
            {
                response = UdfResponse.Parser.ParseFrom(buffer.Memory.Span);
            }
            catch (InvalidProtocolBufferException exception)
            {
                lock (_gate)
                {
                    return _execution.ReceiveUndecodable(exception.Message);
                }
            }

            EngineAction action;
            lock (_gate)
            {
                action = _execution.Receive(response);
            }

            if (action == EngineAction.Deliver)
            {
                // A batch in another encoding than the usual one: legal, and copied once more.
                batch = AlignedBufferPool.Shared.Rent(response.Data.Data.Length);
                response.Data.Data.Span.CopyTo(batch.Memory.Span);
            }
            else if (response.ResponseCase == UdfResponse.ResponseOneofCase.Data)
            {
                _isOutputIncomplete = true;
            }

            return action;
        }
    }
}
