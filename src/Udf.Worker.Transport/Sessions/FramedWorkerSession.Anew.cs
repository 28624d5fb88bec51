using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

// A kept connection that the worker had closed meanwhile is no failure: the execution begins once more, on a new one.
internal sealed partial class FramedWorkerSession
{
    /// <summary>
    /// Whether a kept connection had been closed between two executions: it ends, and not one byte has come on it. A worker that is known to be gone has not closed it, it has died.
    /// </summary>
    private bool IsStale(ReceivedFrame frame) =>
        _isReused && !_heard && !_channel.Reader.HasBytes && frame.Fault?.Refused is null && _connection.LostReason is null;

    /// <summary>Begins anew on a new connection, after a kept one had gone stale. Called with the read turn.</summary>
    /// <returns>Whether the execution has ended instead, because it was cancelled meanwhile: the worker has not begun it.</returns>
    /// <exception cref="WorkerException">No new connection could be had.</exception>
    /// <exception cref="OperationCanceledException">The token fell; it can be called again.</exception>
    private async ValueTask<bool> TryBeginAnewAsync(CancellationToken cancellationToken)
    {
        ExecutionChannel stale = _channel;
        Break(); // What is still being sent on it fails, and its turn is free.
        FramedChannel? fresh = await RentAnewAsync(cancellationToken).ConfigureAwait(false);
        await _sendTurn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        bool endedHere = false;
        bool begun = false;
        lock (_gate)
        {
            if (_execution.State != EngineExecutionState.Ended)
            {
                _execution = new EngineExecution();
                if (fresh is null || IsCancelWanted)
                {
                    // Asked for meanwhile, and placed on the stale connection if at all. A cancellation that comes later finds the new execution.
                    _execution.TrySendCancel();
                    endedHere = true;
                }
                else
                {
                    _channel = fresh;
                    _isBroken = false;
                    begun = true;
                }
            }
        }

        _sendFault = null;
        _sendTurn.Release();
        if (begun)
        {
            _isReused = false;
            await _connection.ReturnAsync(stale, isReusable: false).ConfigureAwait(false);
            _ = SendInitAsync(_init!); // It notes its own failure; the answer is what counts.
        }
        else if (fresh is not null)
        {
            await _connection.ReturnAsync(fresh, isReusable: false).ConfigureAwait(false);
        }

        return endedHere;
    }

    /// <summary>A new connection, or <see langword="null"/> if the execution is not wanted any more.</summary>
    private async ValueTask<FramedChannel?> RentAnewAsync(CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _inputStop.Token);
        try
        {
            return (await _connection.RentAsync(mayReuse: false, linked.Token).ConfigureAwait(false)).Channel;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
