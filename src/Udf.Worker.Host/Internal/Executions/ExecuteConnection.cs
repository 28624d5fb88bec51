using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// One execute connection: a blocking loop on a thread of its own that reads a message, asks the state machine what to do, and does it. While the function computes or its output waits for the engine,
/// nothing is read: that is the back-pressure. Holds one frame, one function and, while it is assembled, one payload.
/// </summary>
/// <remarks>All members belong to the connection's thread, but <see cref="Stop"/>.</remarks>
internal sealed partial class ExecuteConnection : IStoppable
{
    private readonly ByteChannel _channel;
    private readonly WorkerCore _worker;
    private readonly ILogger _logger;
    private readonly FrameWriter _writer;
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

    internal ExecuteConnection(ByteChannel channel, WorkerCore worker)
    {
        _channel = channel;
        _worker = worker;
        _logger = worker.Logger;
        _writer = new FrameWriter(channel);
        _machine = new WorkerExecution(worker.ExecutionOptions);
        _meter = new ExecutionMeter(worker.Options.TimeProvider);
    }

    /// <summary>Serves the connection until it ends. Blocks; throws nothing.</summary>
    internal void Run()
    {
        UdfWorkerOptions options = _worker.Options;
        using FrameReader reader = new(_channel, _worker.FrameLimit, options.FrameStallTimeout, options.TimeProvider);
        _worker.Executions.Add(this);
        try
        {
            while (!_isOver)
            {
                long began = _meter.Now;
                ReceivedFrame frame = reader.Receive();
                using (frame.Buffer)
                {
                    Handle(frame, began);
                }
            }

            if (!_isBroken)
            {
                LingeringClose.Run(_channel, options.TimeProvider);
            }
        }
#pragma warning disable CA1031 // A defect of this loop costs one connection, not the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.LoopFailed(_logger, exception, _channel.Description);
        }
        finally
        {
            _worker.Executions.Remove(this);
            LeaveExecution();
            _channel.Abort();
        }
    }

    /// <inheritdoc/>
    public void Stop(ExecutionStop stop, string reason)
    {
        _stopReason = reason;
        Interlocked.Or(ref _stop, (int)stop);
        _execution?.SetReason(reason);
        _execution?.Interrupt();

        // Wakes a receive that blocks; at the end also a send for which there is nobody any more.
        if (stop == ExecutionStop.End)
        {
            _channel.Abort();
        }
        else
        {
            _channel.ShutdownReceive();
        }
    }

    private void Handle(in ReceivedFrame frame, long began)
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

    // What other threads have asked for, told to the state machine before it hears of what came next.
    private void ApplyStops()
    {
        if (_execution?.TakeCancelRequest() == true)
        {
            CarryOut(_machine.CancelledByManage());
        }

        var stop = (ExecutionStop)Interlocked.Exchange(ref _stop, (int)ExecutionStop.None);
        _isBroken |= stop.HasFlag(ExecutionStop.End) || _run?.Output.IsBroken == true;
        if (_isBroken)
        {
            CarryOut(_machine.ReceiveEndOfStream());
        }
        else if (stop.HasFlag(ExecutionStop.ShutDown))
        {
            CarryOut(_machine.ShutDown(_stopReason));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(402, LogLevel.Error, "The connection to {Peer} was given up because of a defect of the worker.", EventName = "ExecuteConnectionFailed")]
        public static partial void LoopFailed(ILogger logger, Exception exception, string peer);
    }
}
