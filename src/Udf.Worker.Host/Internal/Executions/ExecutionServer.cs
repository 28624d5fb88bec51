using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// Serves executions, one after another, to whatever brings their messages: takes a message, asks the state machine what to do, and does it. Holds one function and, while it is assembled, one payload.
/// </summary>
/// <remarks>All members belong to one thread at a time, but <see cref="Stop"/>.</remarks>
internal abstract partial class ExecutionServer : IStoppable
{
    private readonly WorkerCore _worker;
    private readonly ILogger _logger;
    private readonly IFrameWriter _writer;
    private readonly WorkerExecution _machine;

    private volatile RunningExecution? _execution;
    private FunctionRun? _run;
    private ExecutionMeter _meter;
    private ExecutionError? _refusal;
    private bool _isInsideExecution;
    private bool _isBroken;
    private bool _isOver;

    // Set by other threads.
    private volatile string _stopReason = "";
    private int _stop;

    private protected ExecutionServer(IFrameWriter writer, WorkerCore worker)
    {
        _worker = worker;
        _logger = worker.Logger;
        _writer = writer;
        _machine = new WorkerExecution(worker.ExecutionOptions);
        _meter = new ExecutionMeter(worker.Options.TimeProvider);
    }

    private protected WorkerCore Worker => _worker;

    private protected ILogger Logger => _logger;

    /// <summary>When a wait for input begins, for its measurement.</summary>
    private protected long Now => _meter.Now;

    /// <summary>Whether nothing more is to be received or sent.</summary>
    private protected bool IsOver => _isOver;

    /// <summary>Whether nothing can be said to the engine any more.</summary>
    private protected bool IsBroken { get => _isBroken; set => _isBroken = value; }

    /// <summary>Whether an execution has been terminated, and none has begun since; or nothing can follow.</summary>
    private protected bool HasTerminated => _isOver || _machine.State is WorkerExecutionState.Idle or WorkerExecutionState.Closed;

    /// <summary>Whether the execution is known to be cancelled before its messages say so.</summary>
    private protected virtual bool IsCancelled => false;

    /// <summary>The execution that runs, if one does.</summary>
    private protected RunningExecution? Execution => _execution;

    /// <inheritdoc/>
    public virtual void Stop(ExecutionStop stop, string reason)
    {
        _stopReason = reason;
        Interlocked.Or(ref _stop, (int)stop);
        _execution?.SetReason(reason);
        _execution?.Interrupt();
    }

    /// <summary>Leaves the execution that is being served, if there is one: nobody serves it any more.</summary>
    private protected void Leave() => LeaveExecution();

    /// <summary>Takes what has come, and does what follows from it.</summary>
    private protected void Handle(in ReceivedFrame frame, long began)
    {
        ApplyStops();
        if (_isOver)
        {
            return;
        }

        switch (frame.Kind)
        {
            case FrameKind.Data:
                CarryOut(_machine.ReceiveData(), frame.Buffer!.Memory, began);
                break;
            case FrameKind.Message:
                HandleMessage(frame.Buffer!.Memory.Span, began);
                break;
            case FrameKind.Broken when frame.Fault!.Refused is { } refusal:
                CarryOut(_machine.ReceiveBrokenFrame(refusal));
                break;
            case FrameKind.End:
            case FrameKind.Broken:
                _isBroken = true;
                CarryOut(_machine.ReceiveEndOfStream());
                break;
            default:
                throw new InvalidOperationException($"Unknown kind of frame {frame.Kind}.");
        }

        if (_isBroken && !_isOver)
        {
            CarryOut(_machine.ReceiveEndOfStream());
        }
    }

    private void HandleMessage(ReadOnlySpan<byte> message, long began)
    {
        UdfRequest request;
        try
        {
            request = UdfRequest.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException exception)
        {
            CarryOut(_machine.ReceiveUndecodable(exception.Message));
            return;
        }

        if (request.Control?.Cancel is { HasReason: true } cancel)
        {
            _execution?.SetReason(cancel.Reason);
        }

        bool mayBegin = _machine.IsBetweenExecutions;
        WorkerDecision decision = _machine.Receive(request);
        if (mayBegin)
        {
            BeginExecution();
        }

        CarryOut(decision, request.Data?.Data.Memory ?? default, began);
    }

    // A decision in its order: reply, terminator, action, end.
    private void CarryOut(in WorkerDecision decision, ReadOnlyMemory<byte> batch = default, long began = 0)
    {
        if (decision.Reply is { } reply)
        {
            if (_machine.State != WorkerExecutionState.Data)
            {
                // The error is the last that is said; output on its way from another thread would come after it.
                _run?.Output.Close();
            }

            Send(reply);
        }

        if (decision.Terminator is { } terminator)
        {
            // Whoever reads the terminator finds room for the next execution.
            LeaveExecution(terminator);
        }

        switch (decision.Action)
        {
            case WorkerAction.None:
                break;
            case WorkerAction.RunInit:
                RunInit();
                break;
            case WorkerAction.Deliver:
                Deliver(batch, began);
                break;
            case WorkerAction.BeginFinish:
                RunFinish();
                break;
            case WorkerAction.Interrupt:
                _execution?.Interrupt();
                break;
            case WorkerAction.RunCancel:
                RunCancel();
                break;
            default:
                throw new InvalidOperationException($"Unknown action {decision.Action}.");
        }

        _isOver |= decision.EndsConnection;
        if (_isOver || _machine.IsBetweenExecutions)
        {
            LeaveExecution();
        }
    }

    private void Send(UdfResponse response)
    {
        if (_isBroken)
        {
            return;
        }

        try
        {
            _writer.Send(response);
        }
        catch (IOException)
        {
            // The engine is gone: the loop tells the state machine when this decision has been carried out.
            _isBroken = true;
        }
    }

    /// <summary>What other threads have asked for, told to the state machine before it hears of what came next.</summary>
    private protected void ApplyStops()
    {
        if (_execution?.TakeCancelRequest() == true)
        {
            CarryOut(_machine.CancelledByManage());
        }

        // Asked before and after each batch: neither a locked exchange for nothing, nor a HasFlag, which boxes until the code is optimized.
        ExecutionStop stop = Volatile.Read(ref _stop) == (int)ExecutionStop.None ? ExecutionStop.None : (ExecutionStop)Interlocked.Exchange(ref _stop, (int)ExecutionStop.None);
        _isBroken |= (stop & ExecutionStop.End) != 0 || _run?.Output.IsBroken == true;
        if (_isBroken)
        {
            CarryOut(_machine.ReceiveEndOfStream());
        }
        else if ((stop & ExecutionStop.ShutDown) != 0)
        {
            CarryOut(_machine.ShutDown(_stopReason));
        }
    }
}
