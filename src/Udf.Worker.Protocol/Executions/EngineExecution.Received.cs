using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

// What comes from the worker, in the order in which it was received.
public sealed partial class EngineExecution
{
    private const string NoInitResponse = "Init has not been answered yet.";

    /// <summary>
    /// Something that came after the end, and made the connection unusable; null if nothing has. The outcome does not change.
    /// </summary>
    public ProtocolViolation? LateViolation => _lateViolation;

    /// <summary>A message was received and decoded.</summary>
    /// <param name="response">The message.</param>
    public EngineAction Receive(UdfResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        switch (response.ResponseCase)
        {
            case UdfResponse.ResponseOneofCase.Data:
                return ReceiveData();
            case UdfResponse.ResponseOneofCase.None:
                return Violate("a UdfResponse without content", "Every response has content.");
            case UdfResponse.ResponseOneofCase.Control:
                return response.Control.ControlCase switch
                {
                    UdfControlResponse.ControlOneofCase.Init => ReceiveInitResponse(response.Control.Init),
                    UdfControlResponse.ControlOneofCase.Error => ReceiveErrorResponse(response.Control.Error),
                    UdfControlResponse.ControlOneofCase.Finish => ReceiveFinishResponse(response.Control.Finish),
                    UdfControlResponse.ControlOneofCase.Cancel => ReceiveCancelResponse(response.Control.Cancel),
                    UdfControlResponse.ControlOneofCase.None => Violate("a UdfControlResponse without content", "Every response has content."),
                    _ => throw new InvalidOperationException($"Unknown control response {response.Control.ControlCase}."),
                };
            default:
                throw new InvalidOperationException($"Unknown response {response.ResponseCase}.");
        }
    }

    /// <summary>
    /// A batch was received, or its frame has begun. Its bytes do not matter here, so it may be asked before they are read where
    /// they go.
    /// </summary>
    /// <returns><see cref="EngineAction.Deliver"/> if it is for the reader; otherwise it is read and dropped.</returns>
    public EngineAction ReceiveData()
    {
        if (State != EngineExecutionState.Ended && !_initWasAnswered && !_errorResponseWasSeen)
        {
            return Violate("DataResponse", NoInitResponse);
        }

        switch (State)
        {
            case EngineExecutionState.Data:
            case EngineExecutionState.Finishing:
                return EngineAction.Deliver;
            case EngineExecutionState.Failed:
            case EngineExecutionState.Cancelling:
                return EngineAction.None;
            case EngineExecutionState.Ended:
                return Violate("DataResponse", "The execution has been terminated.");
            case EngineExecutionState.Created:
            case EngineExecutionState.SendingChunks:
            case EngineExecutionState.AwaitingInitResponse:
            default:
                throw new InvalidOperationException($"Unexpected state {State}.");
        }
    }

    /// <summary>A message was received that cannot be decoded: an empty one, or one that is no valid protobuf.</summary>
    /// <param name="detail">What the decoder says.</param>
    public EngineAction ReceiveUndecodable(string detail) => Violate("a message that cannot be decoded", detail);

    /// <summary>A frame was refused from its header. Nothing more can be read.</summary>
    /// <param name="error">Why it was refused.</param>
    public EngineAction ReceiveBrokenFrame(FrameError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Violate("a frame that is refused", error.Message);
    }

    /// <summary>The connection was lost, or is given up: end of stream, a failed read or write, or a time limit.</summary>
    /// <param name="detail">What happened, in a sentence.</param>
    /// <returns><see cref="EngineAction.None"/> if the execution had ended before.</returns>
    public EngineAction ConnectionLost(string detail)
    {
        ArgumentNullException.ThrowIfNull(detail);
        if (State == EngineExecutionState.Ended)
        {
            _isCleanEnd = false;
            return EngineAction.None;
        }

        return End(new EngineExecutionOutcome(EngineOutcomeKind.TransportFailed, Error) { TransportFailure = detail }, isClean: false);
    }

    private EngineAction ReceiveInitResponse(InitResponse response)
    {
        if (State == EngineExecutionState.Ended)
        {
            return Violate("InitResponse", "The execution has been terminated.");
        }

        if (!_initWasSent || _initWasAnswered)
        {
            return Violate("InitResponse", _initWasSent ? "Init is answered once." : "Init has not been sent.");
        }

        if (_errorResponseWasSeen)
        {
            return Violate("InitResponse", "An ErrorResponse came before it.");
        }

        _initWasAnswered = true;
        InitResponse = response;
        if (response.Error is not null)
        {
            return Fail(response.Error);
        }

        switch (State)
        {
            case EngineExecutionState.AwaitingInitResponse:
                State = EngineExecutionState.Data;
                return EngineAction.Initialized;
            case EngineExecutionState.SendingChunks:
                return Violate("InitResponse", "It must not come before the last chunk, unless with an error.");
            case EngineExecutionState.Cancelling:
                return EngineAction.None;
            case EngineExecutionState.Created:
            case EngineExecutionState.Data:
            case EngineExecutionState.Finishing:
            case EngineExecutionState.Failed:
            case EngineExecutionState.Ended:
            default:
                throw new InvalidOperationException($"Unexpected state {State}.");
        }
    }

    private EngineAction ReceiveErrorResponse(ErrorResponse response)
    {
        if (State == EngineExecutionState.Ended)
        {
            return Violate("ErrorResponse", "The execution has been terminated.");
        }

        if (!_initWasSent)
        {
            return Violate("ErrorResponse", "Init has not been sent.");
        }

        if (_errorResponseWasSeen)
        {
            return Violate("ErrorResponse", "There is one at most.");
        }

        if (InitResponse?.Error is not null)
        {
            return Violate("ErrorResponse", "Init has failed already.");
        }

        // Too early it is against the rules, but what it says of the failure is worth more than that. The connection is not
        // used again (see IsClean).
        _errorResponseWasSeen = true;
        return Fail(response.Error ?? ExecutionErrors.Worker("The worker reported an error without saying which."));
    }

    private EngineAction ReceiveFinishResponse(FinishResponse response)
    {
        if (State == EngineExecutionState.Ended)
        {
            return Violate("FinishResponse", "The execution has been terminated.");
        }

        ExecutionError? error = Error ?? response.Error;
        ExecutionError? suppressed = Error is null ? null : response.Error;
        if (!_finishWasSent)
        {
            ProtocolViolation violation = new("FinishResponse", State, _initWasAnswered ? "Finish has not been sent." : NoInitResponse);
            return End(
                new EngineExecutionOutcome(EngineOutcomeKind.ProtocolViolated, error) { SuppressedError = suppressed, Violation = violation, FinishResponse = response },
                isClean: false);
        }

        EngineOutcomeKind kind = error is null ? EngineOutcomeKind.Finished : EngineOutcomeKind.Failed;

        // Not clean after Cancel: it may still be on its way to a worker that is idle by then. Nor after an error, which only
        // CancelResponse may follow.
        return End(
            new EngineExecutionOutcome(kind, error) { SuppressedError = suppressed, FinishResponse = response },
            isClean: !_cancelWasSent && Error is null);
    }

    private EngineAction ReceiveCancelResponse(CancelResponse response)
    {
        if (State == EngineExecutionState.Ended)
        {
            return Violate("CancelResponse", "The execution has been terminated.");
        }

        ExecutionError? error = Error ?? response.Error;
        ExecutionError? suppressed = Error is null ? null : response.Error;
        if (!_cancelWasSent && Error is null)
        {
            string detail = _initWasAnswered || !_initWasSent ? "Cancel has not been sent." : NoInitResponse;
            return End(
                new EngineExecutionOutcome(EngineOutcomeKind.ProtocolViolated, error)
                {
                    SuppressedError = suppressed,
                    Violation = new ProtocolViolation("CancelResponse", State, detail),
                    CancelResponse = response,
                },
                isClean: false);
        }

        EngineOutcomeKind kind = error is null ? EngineOutcomeKind.Cancelled : EngineOutcomeKind.Failed;

        // A worker that has not waited for Cancel is about to end.
        bool errorCameTooEarly = _errorResponseWasSeen && !_initWasAnswered;
        return End(
            new EngineExecutionOutcome(kind, error) { SuppressedError = suppressed, CancelResponse = response },
            isClean: _cancelWasSent && !errorCameTooEarly);
    }

    private EngineAction Fail(ExecutionError error)
    {
        Error = error;
        if (State != EngineExecutionState.Cancelling)
        {
            State = EngineExecutionState.Failed;
        }

        return EngineAction.Failed;
    }

    // The stream may be in step, but who breaks one rule is not trusted with the others: the connection is closed, which is
    // Cancel for the worker.
    private EngineAction Violate(string messageName, string detail)
    {
        ProtocolViolation violation = new(messageName, State, detail);
        if (State == EngineExecutionState.Ended)
        {
            _lateViolation ??= violation;
            return EngineAction.None;
        }

        return End(new EngineExecutionOutcome(EngineOutcomeKind.ProtocolViolated, Error) { Violation = violation }, isClean: false);
    }
}
