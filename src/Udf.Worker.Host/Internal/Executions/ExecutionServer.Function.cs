using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Internal;

// One execution after another: its beginning, its function, its end.
internal abstract partial class ExecutionServer
{
    // After an Init has been received: it counts from here on, whether its payload is whole yet or not.
    private void BeginExecution()
    {
        if (_machine.IsBetweenExecutions)
        {
            return;
        }

        _isInsideExecution = true;
        _worker.Executions.Enter();
        if (_machine.State is not (WorkerExecutionState.AwaitingChunks or WorkerExecutionState.Initializing))
        {
            // Refused as it came; only Cancel is still to come.
            return;
        }

        RunningExecution execution = new(UdfContextFactory.ExecutionIdOf(_machine.Init!));
        _meter = new ExecutionMeter(_worker.Options.TimeProvider);
        _refusal = _worker.TryBegin(execution);
        _execution = execution;
        if (_refusal is not null)
        {
            OnRefused(_refusal);
        }

        // A stop or a cancellation that came before the execution could be seen must not miss it: who brings it says so first and looks for the execution then, and here it is the other way round.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _stop) != (int)ExecutionStop.None)
        {
            execution.Interrupt();
        }

        if (IsCancelled)
        {
            execution.RequestCancel(reason: null);
        }
    }

    /// <summary>There is no room for an execution; unless told otherwise here, its init is answered with the reason.</summary>
    private protected virtual void OnRefused(ExecutionError reason)
    {
    }

    private void RunInit()
    {
        RunningExecution execution = _execution!;
        // An idle connection costs nothing and is always accepted, so an Init may find the worker full. Nothing is queued: it is told so.
        ExecutionError? error = _refusal;
        ReadOnlyMemory<byte>? data = null;
        if (error is null)
        {
            UdfContext context = UdfContextFactory.Create(_machine.Init!, _machine.Payload, _worker.Options.LoggerFactory, execution.CancellationToken);
            _run = new FunctionRun(context, new ExecutionOutput(_writer, _meter, execution.CancellationToken), _meter, _logger);
            error = _run.Init(_worker.Functions, out data);
        }

        ApplyStops();
        if (error is not null)
        {
            // Nothing of a function that could not be initialised is needed any more; its room is free at once.
            EndExecution();
            CarryOut(_machine.InitFailed(error));
            return;
        }

        CarryOut(_machine.InitSucceeded(Bytes(data)));
        if (_machine.State == WorkerExecutionState.Data)
        {
            Report(_run!.Start());
        }
    }

    private void Deliver(ReadOnlyMemory<byte> batch, long began)
    {
        _meter.Received(batch.Length, began);
        Report(_run!.Process(batch));
    }

    private void RunFinish()
    {
        ExecutionError? error = _run!.Finish(out ReadOnlyMemory<byte>? data);
        ApplyStops();
        _run.Output.Close();
        ExecutionMetrics metrics = _meter.ToMetrics();
        CarryOut(error is null ? _machine.FinishSucceeded(Bytes(data), metrics) : _machine.FinishFailed(error, metrics));
    }

    private void RunCancel()
    {
        _run!.Output.Close();
        _execution!.Interrupt();
        ExecutionError? error = _run.Cancel(_execution.Reason);
        CarryOut(_machine.CancelCompleted(error, _meter.ToMetrics()));
    }

    // What stopped the function comes before what it threw because of that; the state machine drops the latter.
    private void Report(ExecutionError? error)
    {
        ApplyStops();
        if (error is not null)
        {
            CarryOut(_machine.FunctionFailed(error));
        }
    }

    private void EndExecution()
    {
        if (_execution is not { } execution)
        {
            return;
        }

        _run?.Release();
        _run = null;
        _worker.Executions.End(execution);
        _execution = null;
    }

    // The execution is over for whoever asks; what says so to the engine, if anything does, is sent in between.
    private void LeaveExecution(UdfResponse? terminator = null)
    {
        EndExecution();
        bool isInside = _isInsideExecution;
        _isInsideExecution = false;
        if (isInside)
        {
            _worker.Executions.BeginLeave();
        }

        if (terminator is not null)
        {
            Send(terminator);
        }

        if (isInside)
        {
            _worker.Executions.EndLeave();
        }
    }

    private static ByteString? Bytes(ReadOnlyMemory<byte>? data) =>
        data is { } bytes ? UnsafeByteOperations.UnsafeWrap(bytes) : null;
}
