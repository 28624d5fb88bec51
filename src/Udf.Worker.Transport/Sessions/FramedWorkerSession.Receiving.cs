using System.Runtime.CompilerServices;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

// What comes from the worker.
internal sealed partial class FramedWorkerSession
{
    /// <summary>Waits for the next thing that concerns the caller. Batches that nobody wants any more are dropped on the way.</summary>
    /// <param name="mayRetry">Whether a connection that ends before anything was heard on it is reported as stale instead of ending the execution.</param>
    /// <param name="cancellationToken">Ends the wait, at once; nothing is lost.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<ReadResult> ReadAsync(bool mayRetry, CancellationToken cancellationToken)
    {
        await _readTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!HasEnded())
            {
                if (!_channel.IsVerified && await VerifyAsync(cancellationToken).ConfigureAwait(false) is { } refusal)
                {
                    End(refusal);
                    break;
                }

                ReceivedFrame frame = await _channel.Reader.ReceiveAsync(cancellationToken).ConfigureAwait(false);
                if (frame.Kind is FrameKind.End or FrameKind.Broken)
                {
                    if (HasEnded())
                    {
                        // It was given up, and the connection broken for that: there is nothing to explain, and nobody to wait for.
                        break;
                    }

                    if (mayRetry && !_heard && !_cancelWanted && _connection.LostReason is null)
                    {
                        return ReadResult.Stale;
                    }

                    FrameFault fault = frame.Fault ?? new FrameFault(_sendFault is null ? "the worker closed it" : $"the worker closed it ({_sendFault})");
                    await LoseAsync(fault).ConfigureAwait(false);
                    break;
                }

                _heard = true;
                _terminatorTimer.Restart();
                EngineAction action = Take(frame, out AlignedBuffer? batch);
                switch (action)
                {
                    case EngineAction.Deliver:
                        return ReadResult.Deliver(batch!);
                    case EngineAction.Initialized:
                        return ReadResult.Initialized;
                    case EngineAction.Failed:
                        // Nothing is settled before the worker has confirmed that it is done with this execution.
                        _cancelWanted = true;
                        _cancelTimer.Start();
                        PlaceCancel();
                        break;
                    case EngineAction.Ended:
                        Settle(failure: null);
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
            _readTurn.Release();
        }

        // Whoever ended it may still be about to say how.
        await _ended.Task.ConfigureAwait(false);
        return ReadResult.Ended;
    }

    /// <summary>Reads what is left of an execution that nobody wants any more, until its end.</summary>
    private async Task DrainAsync()
    {
        ReadResult result;
        do
        {
            result = await ReadAsync(mayRetry: false, CancellationToken.None).ConfigureAwait(false);
            result.Batch?.Dispose();
        }
        while (result.Action != EngineAction.Ended);
    }

    private bool HasEnded()
    {
        lock (_gate)
        {
            return _execution.State == EngineExecutionState.Ended;
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
            return await Context.Lease.ExplainAsync(_outcomes.Broken(new FrameFault(exception.Message))).ConfigureAwait(false);
        }

        return check.Outcome switch
        {
            WorkerPrefaceOutcome.Accepted => null,
            WorkerPrefaceOutcome.Incomplete => await Context.Lease.ExplainAsync(FramedWorkerConnection.Refusal(_connection.Endpoint, check)).ConfigureAwait(false),
            _ => FramedWorkerConnection.Refusal(_connection.Endpoint, check),
        };
    }

    /// <summary>Ends the execution because its connection has, with everything that is known about why.</summary>
    private async ValueTask LoseAsync(FrameFault fault)
    {
        WorkerException failure = _outcomes.Broken(fault);
        if (failure is WorkerConnectionException)
        {
            failure = await Context.Lease.ExplainAsync(_connection.LostReason ?? failure).ConfigureAwait(false);
        }

        End(failure);
    }

    private void End(WorkerException failure)
    {
        if (failure is WorkerConnectionException { IsAtCapacity: true })
        {
            // The worker is well, and knows nothing of this execution.
            TrySettle(WorkerSessionOutcome.Failed(failure));
            _failure ??= failure;
        }

        GiveUp(failure);
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

            return action;
        }
    }
}
