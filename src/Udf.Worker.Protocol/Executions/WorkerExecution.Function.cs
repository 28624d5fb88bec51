using Google.Protobuf;
using Udf.Worker.Protocol.Internal;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

// What the function does, and what the worker as a whole does to it.
public sealed partial class WorkerExecution
{
    /// <summary>The function's init has returned.</summary>
    /// <param name="data">What it gave for <c>InitResponse.data</c>; null for nothing.</param>
    /// <exception cref="InvalidOperationException">No init runs.</exception>
    public WorkerDecision InitSucceeded(ByteString? data = null) => InitReturned(data, error: null);

    /// <summary>The function's init has failed, or there is no such function. Its cancel callback will not be asked for.</summary>
    /// <param name="error">What went wrong.</param>
    /// <exception cref="InvalidOperationException">No init runs.</exception>
    public WorkerDecision InitFailed(ExecutionError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return InitReturned(data: null, error);
    }

    /// <summary>The function takes no more input. Batches that still come are dropped until <c>Finish</c> or <c>Cancel</c>.</summary>
    /// <exception cref="InvalidOperationException">No function has been initialized.</exception>
    public void InputEnded()
    {
        switch (State)
        {
            case WorkerExecutionState.Data:
                _inputEnded = true;
                break;
            case WorkerExecutionState.Finishing:
            case WorkerExecutionState.AwaitingCancel:
            case WorkerExecutionState.Cancelling:
            case WorkerExecutionState.Idle:
            case WorkerExecutionState.Closed:
                // It takes none as it is.
                break;
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingChunks:
            case WorkerExecutionState.Initializing:
                throw Misuse("The end of the function's input");
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    /// <summary>
    /// The function failed on a batch, while it gave output, or without being asked: before its finish callback was run. Too late
    /// after the execution has failed or ended; it is then dropped.
    /// </summary>
    /// <param name="error">What went wrong; merged into one if it was more than one thing.</param>
    /// <exception cref="InvalidOperationException">No function has been initialized.</exception>
    public WorkerDecision FunctionFailed(ExecutionError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        switch (State)
        {
            case WorkerExecutionState.Data:
            case WorkerExecutionState.Finishing when _pending == PendingEnds.None:
                State = WorkerExecutionState.AwaitingCancel;
                return new WorkerDecision(WorkerAction.None, Responses.Error(error));
            case WorkerExecutionState.Finishing when Has(PendingEnds.Gone | PendingEnds.Cancel):
                return CleanUp(reply: null);
            case WorkerExecutionState.Finishing when Has(PendingEnds.Broken | PendingEnds.ShutDown):
                return CleanUp(Responses.Error(error));
            case WorkerExecutionState.Finishing:
                State = WorkerExecutionState.AwaitingCancel;
                return Do(WorkerAction.None);
            case WorkerExecutionState.AwaitingCancel:
            case WorkerExecutionState.Cancelling:
            case WorkerExecutionState.Idle:
            case WorkerExecutionState.Closed:
                return Do(WorkerAction.None);
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingChunks:
            case WorkerExecutionState.Initializing:
                throw Misuse("A failure of the function");
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    /// <summary>All output has been sent and the finish callback has returned.</summary>
    /// <param name="data">What it gave for <c>FinishResponse.data</c>; null for nothing.</param>
    /// <param name="metrics">Totals of the execution; null if none were measured.</param>
    /// <exception cref="InvalidOperationException">The execution is not finishing.</exception>
    public WorkerDecision FinishSucceeded(ByteString? data = null, ExecutionMetrics? metrics = null) =>
        FinishReturned(data, metrics, error: null);

    /// <summary>The finish callback has failed.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="metrics">Totals of the execution; null if none were measured.</param>
    /// <exception cref="InvalidOperationException">The execution is not finishing.</exception>
    public WorkerDecision FinishFailed(ExecutionError error, ExecutionMetrics? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(error);
        return FinishReturned(data: null, metrics, error);
    }

    /// <summary>The function has been stopped and its cancel callback has returned.</summary>
    /// <param name="error">What went wrong in the cancel callback; null for nothing.</param>
    /// <param name="metrics">Totals of the execution; null if none were measured.</param>
    /// <exception cref="InvalidOperationException">The execution is not being cancelled.</exception>
    public WorkerDecision CancelCompleted(ExecutionError? error = null, ExecutionMetrics? metrics = null)
    {
        if (State != WorkerExecutionState.Cancelling)
        {
            throw Misuse("The end of the cancel callback");
        }

        return Settle(reply: null, CancelTerminator(metrics, error ?? _violation));
    }

    /// <summary>
    /// The execution was cancelled over the manage connection. Whoever hears of that on another thread trips the function's
    /// cancellation token there and then; this is called by who owns this object, before it reports what the function did next.
    /// </summary>
    /// <returns>The terminator still waits for <c>Cancel</c>.</returns>
    public WorkerDecision CancelledByManage()
    {
        switch (State)
        {
            case WorkerExecutionState.AwaitingChunks:
                ReleasePayload();
                State = WorkerExecutionState.AwaitingCancel;
                return Do(WorkerAction.None);
            case WorkerExecutionState.Initializing:
            case WorkerExecutionState.Finishing:
                _pending |= PendingEnds.Manage;
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.Data:
                State = WorkerExecutionState.AwaitingCancel;
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.AwaitingCancel:
            case WorkerExecutionState.Cancelling:
            case WorkerExecutionState.Idle:
            case WorkerExecutionState.Closed:
                return Do(WorkerAction.None);
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    /// <summary>
    /// The worker was told to shut down and to cancel what runs: the execution ends with an error of the worker and
    /// <c>CancelResponse</c> without waiting for <c>Cancel</c>, and the connection ends.
    /// </summary>
    /// <param name="reason">Why, for the engine.</param>
    public WorkerDecision ShutDown(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        switch (State)
        {
            case WorkerExecutionState.AwaitingInit:
            case WorkerExecutionState.Idle:
                return Close();
            case WorkerExecutionState.AwaitingChunks:
                _pending |= PendingEnds.ShutDown;
                return CleanUp(Responses.Init(data: null, ExecutionErrors.Worker(reason)));
            case WorkerExecutionState.Initializing:
            case WorkerExecutionState.Finishing:
                _pending |= PendingEnds.ShutDown;
                _shutDownError ??= ExecutionErrors.Worker(reason);
                return Do(WorkerAction.Interrupt);
            case WorkerExecutionState.Data:
                _pending |= PendingEnds.ShutDown;
                return CleanUp(Responses.Error(ExecutionErrors.Worker(reason)));
            case WorkerExecutionState.AwaitingCancel:
                _pending |= PendingEnds.ShutDown;
                return CleanUp(reply: null);
            case WorkerExecutionState.Cancelling:
                _pending |= PendingEnds.ShutDown;
                return Do(WorkerAction.None);
            case WorkerExecutionState.Closed:
                return Do(WorkerAction.None);
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    // A failure of the function is told before a violation or a shutdown: it is what its author looks for.
    private WorkerDecision InitReturned(ByteString? data, ExecutionError? error)
    {
        if (State != WorkerExecutionState.Initializing)
        {
            throw Misuse("The end of init");
        }

        _functionIsReady = error is null;
        error ??= _violation ?? _shutDownError;
        _violation = null;
        ReleasePayload();

        UdfResponse reply = Responses.Init(data, error);
        if (Has(PendingEnds.Gone | PendingEnds.Broken | PendingEnds.ShutDown | PendingEnds.Cancel))
        {
            return CleanUp(reply);
        }

        State = error is null && !Has(PendingEnds.Manage) ? WorkerExecutionState.Data : WorkerExecutionState.AwaitingCancel;
        _pending = PendingEnds.None;
        return new WorkerDecision(WorkerAction.None, reply);
    }

    private WorkerDecision FinishReturned(ByteString? data, ExecutionMetrics? metrics, ExecutionError? error)
    {
        if (State != WorkerExecutionState.Finishing)
        {
            throw Misuse("The end of the finish callback");
        }

        if (Has(PendingEnds.Gone | PendingEnds.Cancel))
        {
            return CleanUp(reply: null);
        }

        if (Has(PendingEnds.ShutDown))
        {
            return CleanUp(Responses.Error(error ?? _shutDownError!));
        }

        if (Has(PendingEnds.Manage))
        {
            // Broken as well: there will be no Cancel to wait for.
            if (Has(PendingEnds.Broken))
            {
                return CleanUp(reply: null);
            }

            State = WorkerExecutionState.AwaitingCancel;
            return Do(WorkerAction.None);
        }

        return Settle(reply: null, Responses.Finish(metrics, data, error ?? _violation));
    }
}
