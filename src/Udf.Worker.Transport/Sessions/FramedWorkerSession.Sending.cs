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
            _watch?.Open();
            IAsyncEnumerator<ReadOnlyMemory<byte>> batches = input.GetAsyncEnumerator(_inputStop.Token);
            await using (batches.ConfigureAwait(false))
            {
                while (await batches.MoveNextAsync().ConfigureAwait(false))
                {
                    ReadOnlyMemory<byte> batch = batches.Current;
                    if (TooLong(batch.Length) is { } refusal)
                    {
                        // The caller is told that, and not that his execution was cancelled.
                        Fail(refusal);
                        await CancelAsync(refusal.Message).ConfigureAwait(false);
                        return;
                    }

                    if (!await TrySendBatchAsync(batch).ConfigureAwait(false))
                    {
                        return;
                    }

                    // Counts small batches as something too.
                    sent += batch.Length + 1024;
                    if (isInline && sent > InlineSendBytes)
                    {
                        isInline = false;
                        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    }
                }
            }

            await SendFinishAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The caller's stream failed, or obeyed the end of the execution. Core has seen it and tells the caller.
        }
    }

    /// <summary>Waits until no memory of the caller is being sent, and none will be. Once the worker has said its last word, what it has not taken of a frame is not waited for.</summary>
    internal async ValueTask WaitUntilNothingIsSentAsync()
    {
        Task turn = _sendTurn.WaitAsync();
        if (!turn.IsCompleted && await Task.WhenAny(turn, _ended.Task).ConfigureAwait(false) != turn)
        {
            Break();
        }

        await turn.ConfigureAwait(false);
        ReleaseSendTurn();
    }

    private WorkerProtocolException? TooLong(int batchBytes) =>
        batchBytes <= DataMessage.MaxPayloadBytes && DataMessage.GetMessageBytes(batchBytes) <= _connection.WorkerMaxFrameBytes
            ? null
            : _outcomes.Protocol(
                $"A batch of {batchBytes} bytes is longer than worker '{WorkerId}' takes: its frames have {_connection.WorkerMaxFrameBytes} bytes at most, as it said when it was connected. Send smaller batches, or raise the limit of the worker.",
                WorkerExecutionPhase.Data);

    private async Task SendInitAsync(InitPlan plan)
    {
        await _sendTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                if (!_execution.TrySendInit(plan.IsChunking))
                {
                    return;
                }
            }

            await _channel.Writer.SendAsync(plan.Message).ConfigureAwait(false);
            for (int index = 0; index < plan.ChunkCount; index++)
            {
                lock (_gate)
                {
                    // A cancellation waits for the frame that is being sent, not for all chunks.
                    if (IsCancelWanted || !_execution.TrySendChunk(plan.IsLast(index)))
                    {
                        return;
                    }
                }

                await _channel.Writer.SendAsync(plan.CreateChunk(index)).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            NoteSendFault(exception, startsTime: false); // The answer to Init has a limit of its own.
        }
        finally
        {
            ReleaseSendTurn();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TrySendBatchAsync(ReadOnlyMemory<byte> batch)
    {
        await _sendTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                // Also before its cancellation is placed: a reader that stops has its memory back then.
                if (IsCancelWanted || !_execution.TrySendData())
                {
                    return false;
                }
            }

            _sentBatches = (_sentBatches.Bytes + batch.Length, _sentBatches.Count + 1);
            _watch?.BeginSend();
            await _channel.Writer.SendDataAsync(batch).ConfigureAwait(false);
            _watch?.EndSend();
            return true;
        }
        catch (Exception exception)
        {
            NoteSendFault(exception, startsTime: true);
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
                if (IsCancelWanted || !_execution.TrySendFinish())
                {
                    return;
                }
            }

            _watch?.EndInput();
            TryBeginFinish();
            await _channel.Writer.SendAsync(FinishMessage).ConfigureAwait(false);
            _terminatorTimer.Start();
        }
        catch (Exception exception)
        {
            NoteSendFault(exception, startsTime: true);
        }
        finally
        {
            ReleaseSendTurn();
        }
    }

    /// <summary>
    /// The worker takes no more. It has the time of a terminator to say why, or to close its own direction too. A channel that fails in another way than its contract says is not waited for:
    /// what state it is in nobody knows.
    /// </summary>
    private void NoteSendFault(Exception exception, bool startsTime)
    {
        _sendFault ??= exception.Message;
        if (exception is not IOException)
        {
            Fail(_outcomes.Broken(new FrameFault($"sending failed with {exception.GetType().Name}: {exception.Message}")));
            Break();
        }
        else if (startsTime)
        {
            _terminatorTimer.Start();
        }
    }

    private void ReleaseSendTurn()
    {
        _sendTurn.Release();
        if (IsCancelWanted)
        {
            PlaceCancel();
        }
    }

    /// <summary>Sends the cancellation that is wanted, if nothing is being sent; otherwise who is sending does so afterwards.</summary>
    private void PlaceCancel()
    {
        if (!_sendTurn.Wait(0))
        {
            ExecutionChannel channel;
            lock (_gate)
            {
                channel = _channel;
            }

            channel.DiscardInput();
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
        catch (Exception exception)
        {
            NoteSendFault(exception, startsTime: false); // The confirmation has a limit of its own.
        }
        finally
        {
            _sendTurn.Release();
        }
    }
}
