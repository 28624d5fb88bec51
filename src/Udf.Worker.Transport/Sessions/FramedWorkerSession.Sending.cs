using System.Runtime.CompilerServices;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

// What goes to the worker. A send that fails is only noted: the worker may have said why before it closed, and who reads will find it.
internal sealed partial class FramedWorkerSession
{
    /// <summary>So much of the input is sent on the caller's own thread before it begins to read results: a worker that reads everything must not keep it from that.</summary>
    private const int InlineSendBytes = 256 * 1024;

    private static readonly UdfRequest FinishMessage = new() { Control = new UdfControlRequest { Finish = new Finish() } };

    /// <summary>Sends the caller's batches until there are no more, or no more are wanted.</summary>
    internal async Task PumpAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input)
    {
        try
        {
            long sent = 0;
            bool isInline = true;
            IAsyncEnumerator<ReadOnlyMemory<byte>> batches = input.GetAsyncEnumerator(_inputStop.Token);
            await using (batches.ConfigureAwait(false))
            {
                while (await batches.MoveNextAsync().ConfigureAwait(false))
                {
                    if (!await TrySendBatchAsync(batches.Current).ConfigureAwait(false))
                    {
                        return;
                    }

                    // Counts small batches as something too.
                    sent += batches.Current.Length + 1024;
                    if (isInline && sent > InlineSendBytes)
                    {
                        isInline = false;
                        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    }
                }
            }

            await SendFinishAsync().ConfigureAwait(false);
        }
        catch (WorkerProtocolException exception)
        {
            // A batch that the worker does not take: the caller is told, and not that it was cancelled.
            _failure ??= exception;
            await CancelAsync(exception.Message).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The caller's stream failed, or obeyed the end of the execution. Core has seen it and tells the caller.
        }
    }

    /// <summary>Waits until no memory of the caller is being sent, and none will be.</summary>
    internal async ValueTask WaitUntilNothingIsSentAsync()
    {
        await _sendTurn.WaitAsync().ConfigureAwait(false);
        _sendTurn.Release();
    }

    private async Task SendInitAsync(WorkerInit init)
    {
        await _sendTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            ReadOnlyMemory<byte> content = init.Payload.Content;
            int chunkBytes = Math.Min(_connection.Options.ChunkPayloadAboveBytes, Math.Max(1, _connection.WorkerMaxFrameBytes - MessageRoomBytes));
            bool isChunking = content.Length > chunkBytes;
            lock (_gate)
            {
                if (!_execution.TrySendInit(isChunking))
                {
                    return;
                }
            }

            await _channel.Writer.SendAsync(InitMessages.CreateInit(init, ExecutionId, isChunking)).ConfigureAwait(false);
            for (int offset = 0; isChunking && offset < content.Length; offset += chunkBytes)
            {
                bool isLast = content.Length - offset <= chunkBytes;
                lock (_gate)
                {
                    if (!_execution.TrySendChunk(isLast))
                    {
                        return;
                    }
                }

                await _channel.Writer.SendAsync(InitMessages.CreateChunk(content.Slice(offset, Math.Min(chunkBytes, content.Length - offset)), isLast)).ConfigureAwait(false);
            }
        }
        catch (IOException exception)
        {
            _sendFault ??= exception.Message;
        }
        finally
        {
            ReleaseSendTurn();
        }
    }

    /// <summary>What a message needs besides the bytes that it carries, at most.</summary>
    private const int MessageRoomBytes = 64;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TrySendBatchAsync(ReadOnlyMemory<byte> batch)
    {
        if (batch.Length > _connection.WorkerMaxFrameBytes - MessageRoomBytes)
        {
            throw _outcomes.Protocol($"A batch of {batch.Length} bytes is longer than worker '{WorkerId}' takes: its frames have {_connection.WorkerMaxFrameBytes} bytes at most, as it said when it was connected. Send smaller batches, or raise the limit of the worker.", WorkerExecutionPhase.Data);
        }

        await _sendTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                if (!_execution.TrySendData())
                {
                    return false;
                }
            }

            await _channel.Writer.SendDataAsync(batch).ConfigureAwait(false);
            return true;
        }
        catch (IOException exception)
        {
            _sendFault ??= exception.Message;
            return false;
        }
        finally
        {
            ReleaseSendTurn();
        }
    }

    private async ValueTask SendFinishAsync()
    {
        await _sendTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                if (!_execution.TrySendFinish())
                {
                    return;
                }
            }

            TryBeginFinish();
            await _channel.Writer.SendAsync(FinishMessage).ConfigureAwait(false);
            _terminatorTimer.Start();
        }
        catch (IOException exception)
        {
            _sendFault ??= exception.Message;
        }
        finally
        {
            ReleaseSendTurn();
        }
    }

    private void ReleaseSendTurn()
    {
        _sendTurn.Release();
        if (_cancelWanted)
        {
            PlaceCancel();
        }
    }

    /// <summary>Sends the cancellation that is wanted, if nothing is being sent; otherwise who is sending does so afterwards.</summary>
    private void PlaceCancel()
    {
        if (!_sendTurn.Wait(0))
        {
            return;
        }

        bool isDue;
        lock (_gate)
        {
            isDue = _execution.State != EngineExecutionState.Created && _execution.TrySendCancel();
        }

        if (!isDue)
        {
            _sendTurn.Release();
            return;
        }

        TryBeginCancel();
        _ = SendCancelAsync(); // It notes its own failure; the confirmation is what counts.
    }

    private async Task SendCancelAsync()
    {
        try
        {
            var cancel = new Cancel();
            if (_cancelReason is { } reason)
            {
                cancel.Reason = reason;
            }

            await _channel.Writer.SendAsync(new UdfRequest { Control = new UdfControlRequest { Cancel = cancel } }).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            _sendFault ??= exception.Message;
        }
        finally
        {
            _sendTurn.Release();
        }
    }

    /// <summary>Begins anew on a new connection, after a kept one had gone stale.</summary>
    private async ValueTask ReconnectAsync(CancellationToken cancellationToken)
    {
        (FramedChannel fresh, _) = await _connection.RentAsync(mayReuse: false, cancellationToken).ConfigureAwait(false);
        FramedChannel stale = _channel;
        await _sendTurn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                _execution = new EngineExecution();
            }

            _channel = fresh;
            _isReused = false;
            _sendFault = null;
        }
        finally
        {
            _sendTurn.Release();
        }

        await _connection.ReturnAsync(stale, isReusable: false).ConfigureAwait(false);
        if (_cancelWanted)
        {
            // Asked for meanwhile, and placed on the stale connection if at all.
            EndIfNotBegun();
        }
    }
}
