using Udf.Worker.Protocol.Internal;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

// What comes from the engine, in the order in which it was received.
public sealed partial class WorkerExecution
{
    /// <summary>A message was received and decoded.</summary>
    /// <param name="request">The message. Payload bytes in it must stay valid until the function's init has returned.</param>
    public WorkerDecision Receive(UdfRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        switch (request.RequestCase)
        {
            case UdfRequest.RequestOneofCase.Data:
                return ReceiveData();
            case UdfRequest.RequestOneofCase.None:
                return Unexpected("A UdfRequest without content");
            case UdfRequest.RequestOneofCase.Control:
                return request.Control.ControlCase switch
                {
                    UdfControlRequest.ControlOneofCase.Init => ReceiveInit(request.Control.Init),
                    UdfControlRequest.ControlOneofCase.Payload => ReceiveChunk(request.Control.Payload),
                    UdfControlRequest.ControlOneofCase.Finish => ReceiveFinish(),
                    UdfControlRequest.ControlOneofCase.Cancel => ReceiveCancel(),
                    UdfControlRequest.ControlOneofCase.None => Unexpected("A UdfControlRequest without content"),
                    _ => throw new InvalidOperationException($"Unknown control request {request.Control.ControlCase}."),
                };
            default:
                throw new InvalidOperationException($"Unknown request {request.RequestCase}.");
        }
    }

    /// <summary>
    /// A batch was received, or its frame has begun. Its bytes do not matter here, so it may be asked before they are read where
    /// they go.
    /// </summary>
    /// <returns><see cref="WorkerAction.Deliver"/> if the function takes the batch; otherwise it is read and dropped.</returns>
    public WorkerDecision ReceiveData()
    {
        if (State != WorkerExecutionState.Data)
        {
            return Unexpected("A DataRequest");
        }

        return Do(_inputEnded ? WorkerAction.None : WorkerAction.Deliver);
    }

    /// <summary>A message was received that cannot be decoded: an empty one, or one that is no valid protobuf. The stream is in step.</summary>
    /// <param name="detail">What the decoder says.</param>
    public WorkerDecision ReceiveUndecodable(string detail) => Unexpected($"A message that cannot be decoded ({detail})");

    /// <summary>A frame was refused from its header. Nothing more can be read.</summary>
    /// <param name="error">Why it was refused.</param>
    public WorkerDecision ReceiveBrokenFrame(FrameError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        switch (State)
        {
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingChunks:
                _pending |= PendingEnds.Broken;
                return Settle(Responses.Init(data: null, ExecutionErrors.Protocol(error.Message)), terminator: null);
            case WorkerExecutionState.Initializing:
            case WorkerExecutionState.Finishing:
                _pending |= PendingEnds.Broken;
                _violation ??= ExecutionErrors.Protocol(error.Message);
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.Data:
                _pending |= PendingEnds.Broken;
                return CleanUp(Responses.Error(ExecutionErrors.Protocol(error.Message)));
            case WorkerExecutionState.AwaitingCancel:
                _pending |= PendingEnds.Broken;
                return CleanUp(reply: null);
            case WorkerExecutionState.Cancelling:
                _pending |= PendingEnds.Broken;
                _violation ??= ExecutionErrors.Protocol(error.Message);
                return Do(WorkerAction.None);
            case WorkerExecutionState.Idle:
                return Close();
            case WorkerExecutionState.Closed:
                return Do(WorkerAction.None);
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    /// <summary>
    /// The stream has ended, cleanly or not, or nothing can be written to it any more. Inside an execution the same as
    /// <c>Cancel</c>, with nothing sent back.
    /// </summary>
    public WorkerDecision ReceiveEndOfStream()
    {
        switch (State)
        {
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingChunks:
            case WorkerExecutionState.Idle:
                return Close();
            case WorkerExecutionState.Initializing:
            case WorkerExecutionState.Finishing:
                _pending |= PendingEnds.Gone;
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.Data:
            case WorkerExecutionState.AwaitingCancel:
                _pending |= PendingEnds.Gone;
                return CleanUp(reply: null);
            case WorkerExecutionState.Cancelling:
                _pending |= PendingEnds.Gone;
                return Do(WorkerAction.None);
            case WorkerExecutionState.Closed:
                return Do(WorkerAction.None);
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    private WorkerDecision ReceiveInit(Init init)
    {
        if (!IsBetweenExecutions)
        {
            return Unexpected("An Init");
        }

        Init = init;
        if (InitValidation.Check(init, _options) is { } problem)
        {
            return RefuseInit(problem);
        }

        _assembly = new PayloadAssembly(init.Udf, _options);
        if (_assembly.AddInline() is { } payloadProblem)
        {
            return RefuseInit(payloadProblem);
        }

        if (init.IsChunkingPayload)
        {
            State = WorkerExecutionState.AwaitingChunks;
            return Do(WorkerAction.None);
        }

        return BeginInit();
    }

    private WorkerDecision ReceiveChunk(PayloadChunk chunk)
    {
        if (State != WorkerExecutionState.AwaitingChunks)
        {
            return Unexpected("A PayloadChunk");
        }

        if (_assembly!.AddChunk(chunk) is { } problem)
        {
            return RefuseInit(problem);
        }

        return chunk.Last ? BeginInit() : Do(WorkerAction.None);
    }

    private WorkerDecision BeginInit()
    {
        if (_assembly!.Complete(out AssembledPayload payload) is { } problem)
        {
            return RefuseInit(problem);
        }

        Payload = payload;
        State = WorkerExecutionState.Initializing;
        return Do(WorkerAction.RunInit);
    }

    private WorkerDecision ReceiveFinish()
    {
        if (State != WorkerExecutionState.Data)
        {
            return Unexpected("A Finish");
        }

        State = WorkerExecutionState.Finishing;
        return Do(WorkerAction.BeginFinish);
    }

    private WorkerDecision ReceiveCancel()
    {
        switch (State)
        {
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingChunks:
            case WorkerExecutionState.Data:
            case WorkerExecutionState.AwaitingCancel:
                _pending |= PendingEnds.Cancel;
                return CleanUp(reply: null);
            case WorkerExecutionState.Initializing:
            case WorkerExecutionState.Finishing:
                _pending |= PendingEnds.Cancel;
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.Cancelling:
            case WorkerExecutionState.Idle:
            case WorkerExecutionState.Closed:
                // The clean-up has begun already (by a shutdown, say), or the request met the terminator on its way.
                return Do(WorkerAction.None);
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    // A message that breaks the order: told in the field that belongs to the phase, once.
    private WorkerDecision Unexpected(string what)
    {
        string problem = $"{what} was received while the execution is {State}.";
        switch (State)
        {
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingChunks:
                return RefuseInit(problem);
            case WorkerExecutionState.Data:
                State = WorkerExecutionState.AwaitingCancel;
                return new WorkerDecision(WorkerAction.Interrupt, Responses.Error(ExecutionErrors.Protocol(problem)));
            case WorkerExecutionState.Initializing:
            case WorkerExecutionState.Finishing:
                // Cancelled over the manage connection: drop, as after any other end that waits for Cancel.
                if (Has(PendingEnds.Manage))
                {
                    return Do(WorkerAction.None);
                }

                _violation ??= ExecutionErrors.Protocol(problem);
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.Cancelling:
                // After Cancel nothing may come. Without one the engine does not know yet that the worker shuts down.
                if (Has(PendingEnds.Cancel))
                {
                    _violation ??= ExecutionErrors.Protocol(problem);
                }

                return Do(WorkerAction.None);
            case WorkerExecutionState.AwaitingCancel:
            case WorkerExecutionState.Idle:
            case WorkerExecutionState.Closed:
                return Do(WorkerAction.None);
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    private WorkerDecision RefuseInit(string problem)
    {
        ReleasePayload();
        State = WorkerExecutionState.AwaitingCancel;
        return new WorkerDecision(WorkerAction.None, Responses.Init(data: null, ExecutionErrors.Protocol(problem)));
    }
}
