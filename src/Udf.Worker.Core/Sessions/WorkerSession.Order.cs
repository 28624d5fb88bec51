using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker;

// The way to the hooks: what is called first, what is not called any more, and what a caller who comes at the wrong time is told.
public abstract partial class WorkerSession
{
    private bool IsClosing => Volatile.Read(ref _closing) != 0;

    private bool IsCancelRequested => Volatile.Read(ref _cancelled) != 0;

    /// <summary>The hook's stream, for the enumerator that stands before it. A session that has ended, or is about to, does not begin to stream.</summary>
    internal IAsyncEnumerable<WorkerBatch> BeginProcess(IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken cancellationToken)
    {
        Outcome?.ThrowUnlessFinished(ExecutionId);
        if (IsCancelRequested)
        {
            throw new OperationCanceledException($"Execution {ExecutionId} was cancelled before its results were read.");
        }

        return ProcessCoreAsync(input, cancellationToken);
    }

    /// <summary>Refuses a reader who asks on after the session was closed: results that he has not seen are gone, so even a finished execution does not just end for him.</summary>
    internal void ThrowIfClosedWhileReading()
    {
        if (IsClosing)
        {
            Outcome?.ThrowUnlessFinished(ExecutionId);
            ThrowIfClosed("results that were not read before are lost");
        }
    }

    /// <summary>
    /// Goes from the state to the hook. Whoever cancels or closes the session meanwhile waits until the hook has begun: so none of the other hooks runs before it,
    /// and the lease never hears of a payload after it was given back.
    /// </summary>
    private ValueTask<WorkerInitResult> BeginInitAsync(WorkerInit init, CancellationToken cancellationToken)
    {
        try
        {
            WorkerInit prepared = Prepare(init);
            Outcome?.ThrowUnlessFinished(ExecutionId);
            return InitCoreAsync(prepared, cancellationToken);
        }
        finally
        {
            _initBegun.SetResult();
        }
    }

    private WorkerInit Prepare(WorkerInit init)
    {
        WorkerInit prepared;
        try
        {
            prepared = Context.PrepareInit?.Invoke(init) ?? init;
        }
        catch (Exception exception)
        {
            // Whatever it was, the worker has not heard of this session, so it stays usable.
            TrySettle(WorkerSessionOutcome.Failed(exception));
            throw;
        }

        Guard("tell the lease of the payload", (Context.Lease, prepared.Payload), static state => state.Lease.OnInit(state.Payload));
        return prepared;
    }

    [DoesNotReturn]
    private void ThrowInitRefused()
    {
        ThrowIfClosed("it cannot be initialised any more");
        if (_state.Reached == WorkerSessionState.Created)
        {
            // Ended before it began: not the caller's mistake, so he is told what happened.
            Outcome?.ThrowUnlessFinished(ExecutionId);
        }

        throw new InvalidOperationException($"{nameof(InitAsync)} must be called exactly once, and has already been called on session {ExecutionId}.");
    }

    [DoesNotReturn]
    private void ThrowProcessRefused()
    {
        ThrowIfClosed("nothing can be processed any more");
        switch (_state.Reached)
        {
            case WorkerSessionState.Created or WorkerSessionState.Initializing when Outcome is { } outcome:
                throw new InvalidOperationException($"Session {ExecutionId} is terminated ({outcome}): nothing can be processed any more.", outcome.Exception);
            case WorkerSessionState.Created or WorkerSessionState.Initializing:
                throw new InvalidOperationException($"{nameof(ProcessAsync)} was called before init has succeeded on session {ExecutionId}. Await {nameof(InitAsync)} first.");
            case WorkerSessionState.Initialized:
                // Ended or cancelled since its init: not the caller's mistake, so he is told what happened.
                Outcome?.ThrowUnlessFinished(ExecutionId);
                throw new OperationCanceledException($"Session {ExecutionId} has been cancelled: nothing can be processed any more.");
            default:
                throw new InvalidOperationException($"{nameof(ProcessAsync)} has already been called on session {ExecutionId}. A session runs one execution; create another session for the next.");
        }
    }

    private void ThrowIfClosed(string consequence)
    {
        if (IsClosing)
        {
            throw new ObjectDisposedException(GetType().Name, $"Session {ExecutionId} is closed: {consequence}.");
        }
    }
}
