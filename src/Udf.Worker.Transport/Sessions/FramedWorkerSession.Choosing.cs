using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

// What carries the execution may depend on its function, which is known when the session is initialised.
internal sealed partial class FramedWorkerSession
{
    // Belong to who has the send turn, and to who has the read turn; looked at when the execution has ended.
    private (long Bytes, long Count) _sentBatches;
    private (long Bytes, long Count) _receivedBatches;

    /// <summary>Gets the channel that suits the function. Called before anything is sent; afterwards the execution has one, or has ended.</summary>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    private async ValueTask ChooseChannelAsync(WorkerPayload payload, CancellationToken cancellationToken)
    {
        ExecutionChannel channel;
        bool isReused;
        try
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _inputStop.Token);
            (channel, isReused) = await _connection.RentAsync(payload, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The session is being cancelled, and ends with that: nothing of it has been sent.
            await _ended.Task.ConfigureAwait(false);
            return;
        }
        catch (WorkerException exception)
        {
            GiveUp(await ExplainAsync(exception).ConfigureAwait(false));
            return;
        }

        bool isTaken = false;
        await _sendTurn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        await _readTurn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            if (_execution.State == EngineExecutionState.Created)
            {
                _channel = channel;
                _isReused = isReused;
                isTaken = true;
            }
        }

        _readTurn.Release();
        ReleaseSendTurn();
        if (!isTaken)
        {
            await _connection.ReturnAsync(channel, isReused).ConfigureAwait(false);
        }
    }

    /// <summary>Notes how large the batches were, for the next executions of the function.</summary>
    private void NoteBatchSizes()
    {
        long average = Math.Max(Average(_sentBatches), Average(_receivedBatches));
        if (average >= 0 && _payload is { } payload)
        {
            _connection.NoteBatchSizes(payload, average);
        }
    }

    private static long Average((long Bytes, long Count) batches) => batches.Count == 0 ? -1 : batches.Bytes / batches.Count;
}
