using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

// How an execution comes to its end: by the worker's last word, by a loss, by a limit, or because it is not wanted any more.
internal sealed partial class FramedWorkerSession
{
    private bool HasEnded()
    {
        lock (_gate)
        {
            return _execution.State == EngineExecutionState.Ended;
        }
    }

    /// <summary>Notes that the execution is to be cancelled: no more input is asked for, and the worker's time to confirm it runs, from the first who wants it.</summary>
    private void WantCancel()
    {
        if (Interlocked.Exchange(ref _cancelWanted, 1) == 0)
        {
            _cancelTimer.Start();
            TakeReaderBack();
            StopInput();
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

    /// <summary>Ends the execution without the worker.</summary>
    /// <returns>Whether it was this call that ended it, and so has to settle it.</returns>
    private bool TryEnd(WorkerException failure)
    {
        lock (_gate)
        {
            return _execution.ConnectionLost(failure.Message) == EngineAction.Ended;
        }
    }

    /// <summary>Ends the execution because a limit has passed. What the worker is still doing is no longer waited for.</summary>
    private void GiveUp(WorkerException failure)
    {
        if (TryEnd(failure))
        {
            Settle(failure);
        }
    }

    /// <summary>Makes the outcome of the execution that of the session. Called by whoever was told by the state machine that it has ended, so once; holds no turn.</summary>
    /// <param name="failure">What the connection failed with, if it was that.</param>
    private void Settle(WorkerException? failure)
    {
        // Before anybody can know of the end: after it the channel may be another session's.
        TakeReaderBack();
        try
        {
            // After its end it is not replaced any more.
            EngineExecution execution;
            lock (_gate)
            {
                execution = _execution;
            }

            NoteBatchSizes();
            EngineExecutionOutcome ended = execution.Outcome!;
            if (ended.Kind == EngineOutcomeKind.ProtocolViolated)
            {
                failure = _outcomes.Violated(ended.Violation!);
            }

            // What was found first comes before everything else that there is to say: most often what the worker reported.
            WorkerException? reported = _outcomes.Reported(execution);
            if ((reported ?? failure) is { } found)
            {
                Fail(found);
            }

            if (!execution.IsConnectionReusable)
            {
                // Nothing more is read from it, and what is left of a frame that the worker does not take is not waited for.
                Break();
            }

            TrySettle(failure switch
            {
                null => ExecutionOutcomes.Clean(ended, Volatile.Read(ref _failure), _cancelReason, _isOutputIncomplete),
                WorkerConnectionException { IsAtCapacity: true } => WorkerSessionOutcome.Failed(failure), // The worker is well, and knows nothing of this execution.
                _ => WorkerSessionOutcome.TransportFailed(failure),
            });
        }
        finally
        {
            Quiet();
            _ended.TrySetResult();
        }
    }

    /// <summary>Keeps what the execution failed with, unless something else has failed before.</summary>
    private void Fail(WorkerException failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <summary>Ends the connection at once: what is in flight on it fails, and it is not kept.</summary>
    private void Break()
    {
        ExecutionChannel channel;
        lock (_gate)
        {
            _isBroken = true;
            channel = _channel;
        }

        channel.Abort();
    }

    /// <summary>Stops what runs beside the execution: its timers, and the wait for further input.</summary>
    private void Quiet()
    {
        _terminatorTimer.Dispose();
        _cancelTimer.Dispose();
        _watch?.Dispose();
        StopInput();
    }

    /// <summary>Ends the wait for further input, without waiting for what the caller has hung on to the token.</summary>
    internal void StopInput()
    {
        _ = StopAsync();

        async Task StopAsync()
        {
            try
            {
                await _inputStop.CancelAsync().ConfigureAwait(false);
            }
            catch (AggregateException)
            {
                // A callback of the caller's input failed. The token has fallen all the same, and nobody here can do more about it.
            }
        }
    }

    private void OnTerminatorOverdue()
    {
        // Where nobody is waiting the consumer is slow, not the worker: the next wait begins anew. A cancellation has a limit of its own.
        if (!_isAwaited || !_terminatorTimer.IsOverdue || IsCancelWanted)
        {
            return;
        }

        _connection.CancelInBackground(ExecutionId, "the execution did not end in time");
        GiveUp(_sendFault is { } fault
            ? _outcomes.Broken(new FrameFault($"the worker takes no more ({fault}), and says nothing"))
            : _outcomes.TooSlow(
                "end the execution, or send another batch, after the end of the input",
                Context.Options.TerminatorTimeout,
                nameof(WorkerSessionOptions.TerminatorTimeout),
                "If the function needs longer at its end, raise the limit, or let it send an empty batch from time to time."));
    }

    /// <summary>
    /// The stream has been silent for too long. Unlike at its end, where nothing more is to be had, the function gets the chance to confirm its cancellation: its worker stays healthy then.
    /// </summary>
    private void OnSilent(StreamSilence silence)
    {
        WorkerTimeoutException failure = _outcomes.Silent(silence, Context.Options);
        lock (_gate)
        {
            // Once it has ended, whoever settles it has looked at what it failed with.
            if (IsCancelWanted || _execution.State == EngineExecutionState.Ended)
            {
                return;
            }

            Fail(failure);
        }

        _ = CancelAsync(failure.Message).AsTask(); // Throws nothing. Who reads hears of the end; if nobody does, the execution is drained.
    }

    private void OnCancelOverdue() => GiveUp(_outcomes.NotConfirmed(Context.Options.CancelTimeout, Volatile.Read(ref _failure)));
}
