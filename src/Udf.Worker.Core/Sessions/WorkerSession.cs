using Udf.Worker.Internal;

namespace Udf.Worker;

/// <summary>
/// One execution: one run of one function on a worker. Initialised once, streamed at most once, closed always.
/// </summary>
/// <remarks>
/// <para>Order is checked here, once for every transport: <see cref="InitAsync"/> exactly once, <see cref="ProcessAsync"/> at most once and only after a successful init,
/// <see cref="CancelAsync"/> from any thread at any time, <see cref="CloseAsync"/> or <see cref="DisposeAsync"/> always. Init and the enumeration belong to one caller at a time.</para>
/// <para>Implementers override the four hooks and settle the outcome with <see cref="TrySettle"/>. They may rely on this: <see cref="InitCoreAsync"/> is called at most once, and first;
/// <see cref="ProcessCoreAsync"/> at most once, after it has succeeded, and its result is enumerated at most once; <see cref="CancelCoreAsync"/> at most once, after init has begun and before the close, possibly while one of these two is waiting;
/// <see cref="CloseCoreAsync"/> exactly once, after <see cref="CancelCoreAsync"/> has returned if the session had not ended, possibly while one of the first two is still waiting, and it brings that wait to an end.</para>
/// <para>Cancelling and closing wait for what a hook does before its first await: hooks must not block there, and must not wait for <see cref="CancelAsync"/> or <see cref="CloseAsync"/> of their own session.</para>
/// </remarks>
public abstract partial class WorkerSession : IAsyncDisposable
{
    private readonly SessionStateMachine _state;
    private readonly int? _processId;
    private readonly TaskCompletionSource _initBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelPlaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WorkerSessionOutcome> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _cancelled;
    private int _closing;

    /// <summary>Creates a session in state <see cref="WorkerSessionState.Created"/>.</summary>
    /// <param name="context">What the session is opened with.</param>
    protected WorkerSession(WorkerSessionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        WorkerId = context.Lease.WorkerId;
        _processId = context.Lease.ProcessId;
        _state = new SessionStateMachine(NotifyState);
    }

    /// <summary>The id of the execution, unique among all of its worker.</summary>
    public string ExecutionId => Context.ExecutionId;

    /// <summary>The id of the worker that this session runs on.</summary>
    public string WorkerId { get; }

    /// <summary>Where the session is in its life. May be read from any thread; it may have moved on by the time it is looked at.</summary>
    public WorkerSessionState State => _state.State;

    /// <summary>How the session ended; <see langword="null"/> while it has not.</summary>
    public WorkerSessionOutcome? Outcome => _state.Outcome;

    /// <summary>What the session was opened with.</summary>
    protected WorkerSessionContext Context { get; }

    /// <summary>Sends the function to the worker and waits until it has initialised it.</summary>
    /// <param name="init">The function and its circumstances.</param>
    /// <param name="cancellationToken">Cancels the execution.</param>
    /// <returns>The function's answer.</returns>
    /// <exception cref="InvalidOperationException">It is not the first call.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="WorkerInitException"><paramref name="init"/> does not fit the worker's specification.</exception>
    /// <exception cref="WorkerUserException">The function failed to initialise.</exception>
    /// <exception cref="WorkerException">The worker failed, ended, broke the protocol, or did not answer in time.</exception>
    /// <exception cref="OperationCanceledException">The token fell, or the session was cancelled.</exception>
    public async ValueTask<WorkerInitResult> InitAsync(WorkerInit init, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(init);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_state.TryMoveTo(WorkerSessionState.Initializing, "init was called"))
        {
            ThrowInitRefused();
        }

        try
        {
            WorkerInitResult result = await BeginInitAsync(init, cancellationToken).ConfigureAwait(false);
            if (_state.TryMoveTo(WorkerSessionState.Initialized, "the worker accepted the function"))
            {
                return result;
            }

            // Cancelled or ended while the answer was on its way.
            Outcome?.ThrowUnlessFinished(ExecutionId);
            throw new OperationCanceledException($"Execution {ExecutionId} was cancelled while it was initialised.");
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            await CancelAsync("the caller's token fell during init").ConfigureAwait(false);
            throw new OperationCanceledException($"Execution {ExecutionId} was cancelled by its caller while it was initialised.", exception, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The wait was ended from inside; how the session ended says more than that.
            Outcome?.ThrowUnlessFinished(ExecutionId);
            throw;
        }
        catch (Exception exception)
        {
            TrySettle(WorkerSessionOutcome.TransportFailed(exception));
            throw;
        }
    }

    /// <summary>
    /// Streams batches through the function. Input and output run at the same time: the function may answer before it is asked, answer often, or never.
    /// </summary>
    /// <param name="input">
    /// The batches to send. Each one's memory belongs to the library until the next is asked for. An exception from it cancels the execution and comes out of the returned stream.
    /// </param>
    /// <param name="cancellationToken">Cancels the execution, as the token of the enumerator does.</param>
    /// <returns>
    /// The batches that come back, to be enumerated once, by one reader. Who stops early (<c>break</c>) cancels the execution.
    /// The enumeration throws a <see cref="WorkerUserException"/> if the function fails, another <see cref="WorkerException"/> if the worker does,
    /// an <see cref="OperationCanceledException"/> with the caller's token if that fell, and an <see cref="ObjectDisposedException"/> if a finished session was closed before everything was read.
    /// </returns>
    /// <exception cref="InvalidOperationException">Init has not succeeded, or it is the second call.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="WorkerException">The session has ended since its init, for this reason.</exception>
    /// <exception cref="OperationCanceledException">The session has been cancelled since its init.</exception>
    public IAsyncEnumerable<WorkerBatch> ProcessAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (IsCancelRequested || !_state.TryMoveTo(WorkerSessionState.Streaming, "process was called"))
        {
            ThrowProcessRefused();
        }

        return new WorkerBatchStream(this, input, cancellationToken);
    }

    /// <summary>
    /// Cancels the execution. Returns as soon as the cancellation is on its way, not when it is confirmed: the confirmation is awaited by who reads the results, or by <see cref="CloseAsync"/>.
    /// </summary>
    /// <param name="reason">Why, for the function and for who reads the outcome.</param>
    /// <remarks>Thread safe, at any time, any number of times; after the end it does nothing.</remarks>
    public async ValueTask CancelAsync(string? reason = null)
    {
        if (_state.TrySettleNew(WorkerSessionOutcome.Cancelled(reason)) || _state.State == WorkerSessionState.Terminal || Interlocked.Exchange(ref _cancelled, 1) != 0)
        {
            return;
        }

        try
        {
            // Init may still be on its way to its hook, which comes before this one.
            await _initBegun.Task.ConfigureAwait(false);
            if (_state.State != WorkerSessionState.Terminal)
            {
                await CancelCoreAsync(reason).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // What cannot be cancelled is lost: the execution may still be running, so its worker must not be used again.
            TrySettle(WorkerSessionOutcome.TransportFailed(exception));
            Report("cancel the session", exception);
        }
        finally
        {
            _cancelPlaced.SetResult();
        }
    }

    /// <summary>
    /// Closes the session: cancels it unless it has ended, waits for the worker's last word within the session's limits, and gives the worker back.
    /// </summary>
    /// <returns>How the session ended. Failures of the function and of the worker are returned, not thrown.</returns>
    /// <remarks>
    /// Thread safe and idempotent: every caller waits for the same end and gets the same outcome. It may be called in any state, and returns within <see cref="WorkerSessionOptions.CancelTimeout"/>, and what it takes
    /// the lease to explain a worker that is lost and to take it back; the dispatcher says how long that is. The caller's input is not waited for.
    /// </remarks>
    public async ValueTask<WorkerSessionOutcome> CloseAsync()
    {
        if (Interlocked.Exchange(ref _closing, 1) == 0)
        {
            _closed.SetResult(await CloseOnceAsync().ConfigureAwait(false));
        }

        return await _closed.Task.ConfigureAwait(false);
    }

    /// <summary>The same as <see cref="CloseAsync"/>, for <c>await using</c>.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends the function and waits for the worker's answer. If the worker reports an error, settles the outcome and throws.</summary>
    /// <param name="init">What to send, complete.</param>
    /// <param name="cancellationToken">Ends the wait, promptly; the execution is cancelled afterwards through <see cref="CancelCoreAsync"/>.</param>
    /// <returns>The worker's answer.</returns>
    protected abstract ValueTask<WorkerInitResult> InitCoreAsync(WorkerInit init, CancellationToken cancellationToken);

    /// <summary>
    /// Streams. The stream that is returned settles the outcome before it ends, and may end or throw then; an input that fails ends its own sending only, the cancellation follows.
    /// The next batch may be asked for when <see cref="CloseCoreAsync"/> is just being called: the stream ends at once then, and throws if batches are lost by that.
    /// </summary>
    /// <param name="input">The caller's batches. Enumerate it once, with the token, and dispose the enumerator.</param>
    /// <param name="cancellationToken">Ends the wait for a result and for input, promptly; the execution is cancelled afterwards through <see cref="CancelCoreAsync"/>.</param>
    protected abstract IAsyncEnumerable<WorkerBatch> ProcessCoreAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken cancellationToken);

    /// <summary>Puts the cancellation on its way, without waiting for its confirmation. When the worker confirms it, whoever reads the stream settles the outcome.</summary>
    /// <param name="reason">Why.</param>
    protected abstract ValueTask CancelCoreAsync(string? reason);

    /// <summary>Waits for the worker's last word if it has not come, within the session's limits, settles the outcome, and lets go of what the session holds. A batch that is on loan stays valid: the enumeration ends its loan.</summary>
    protected abstract ValueTask CloseCoreAsync();

    /// <summary>Ends the session. The first outcome wins and stays; called from whatever thread learns of the end.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <returns>Whether this call ended it.</returns>
    protected bool TrySettle(WorkerSessionOutcome outcome) => _state.TrySettle(outcome);

    /// <summary>Notes that the end of the input is about to be sent.</summary>
    /// <returns>Whether the session was streaming; if not, the end must not be sent.</returns>
    protected bool TryBeginFinish() => _state.TryMoveTo(WorkerSessionState.Finishing, "the input has ended");

    /// <summary>Notes that a cancellation is about to be sent.</summary>
    /// <returns>Whether the session was running and not yet being cancelled; if not, none must be sent.</returns>
    protected bool TryBeginCancel() => _state.TryMoveTo(WorkerSessionState.Cancelling, "a cancellation is sent");

    /// <summary>Ends the session as a transport failure if its hooks left it without an end: what state the worker is in is not known then.</summary>
    internal void SettleUnlessSettled(string what)
    {
        if (_state.Outcome is null)
        {
            TrySettle(WorkerSessionOutcome.TransportFailed(new WorkerConnectionException($"Execution {ExecutionId} on worker '{WorkerId}' has no outcome: {what}.") { WorkerId = WorkerId, ProcessId = _processId }));
        }
    }
}
