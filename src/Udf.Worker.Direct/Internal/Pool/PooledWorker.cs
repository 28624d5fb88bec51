namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The life of one worker of the pool, told in one method: it is started, serves, and is ended; then the book hears that it is gone, once. The book decides when each begins.
/// </summary>
#pragma warning disable CA1001 // A source without a timer and without a parent holds nothing to dispose, and may be cancelled at any time.
internal sealed class PooledWorker(PoolSlot slot, WorkerPool pool)
#pragma warning restore CA1001
{
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _startToken = new();
    private string? _endDetail;

    /// <summary>Its place in the book.</summary>
    public PoolSlot Slot => slot;

    /// <summary>The worker, once it is ready.</summary>
    public LocalWorker? Worker { get; private set; }

    /// <summary>The sessions on it.</summary>
    public WorkerSeats Seats { get; } = new();

    /// <summary>The leases of it that no session has.</summary>
    public PoolLeases Leases { get; } = new();

    /// <summary>Ends when it is ready, with <see langword="null"/>, or with why it is not. Never fails.</summary>
    public Task<Exception?> Started => _started.Task;

    /// <summary>Ends when nothing is left of it and the book knows. Never fails.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The worker in a place of the book.</summary>
    public static PooledWorker Of(PoolSlot slot) => (PooledWorker)slot.Tag!;

    /// <summary>Begins its life, on the thread pool.</summary>
    public void Begin() => _ = Detached.Run(LiveAsync);

    /// <summary>Says more exactly why it will be ended than the book does. The first word stays.</summary>
    public void NoteEnd(string detail) => Interlocked.CompareExchange(ref _endDetail, detail, null);

    /// <summary>Ends it, or its start. Returns at once.</summary>
    public void End()
    {
        _ending.TrySetResult();
        if (!_started.Task.IsCompleted)
        {
            // The callbacks are the transport's: not on this thread.
            _ = Detached.Run(CancelStartAsync);
        }
    }

    private async Task LiveAsync()
    {
        try
        {
            if (await StartAsync().ConfigureAwait(false) is { } worker)
            {
                await ServeAsync(worker).ConfigureAwait(false);
                await EndAsync(worker).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // Nothing in there throws but for a bug of this library; that must not look like a worker that never ends.
            pool.Events.Broken(exception);
        }
        finally
        {
            _started.TrySetResult(null);
            _ended.SetResult();
        }
    }

    private async Task<LocalWorker?> StartAsync()
    {
        try
        {
            _startToken.Token.ThrowIfCancellationRequested();
            return Worker = await pool.StartAsync(_startToken.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            bool wasWanted = !_ending.Task.IsCompleted;
            bool isTold = pool.Keeper.Do(slot, static (PoolBook _, PoolSlot slot, TimeSpan _, ref PoolEffects _) => slot.Key.WaitingCount > 0);
            pool.Report((slot, exception), static (PoolBook book, (PoolSlot Slot, Exception Cause) failed, TimeSpan now, ref PoolEffects effects) =>
            {
                book.StartFailed(failed.Slot, failed.Cause, now, ref effects);
                return failed.Slot.Key;
            });
            if (wasWanted && !isTold)
            {
                // It was started ahead, or who waited for it has given up: there is nobody who would be told.
                pool.Events.StartFailed(exception);
            }

            _started.TrySetResult(exception);
            return null;
        }
    }

    private async Task ServeAsync(LocalWorker worker)
    {
        bool isTaken = pool.Keeper.Do(slot, static (PoolBook book, PoolSlot slot, TimeSpan now, ref PoolEffects effects) => book.StartSucceeded(slot, now, ref effects));
        _started.TrySetResult(null);
        if (isTaken)
        {
            // At once if it was lost before anybody looked.
            CancellationTokenRegistration exited = worker.ExitToken.UnsafeRegister(static self => ((PooledWorker)self!).OnLost(), this);
            CancellationTokenRegistration lost = WatchConnection(worker);
            await _ending.Task.ConfigureAwait(false);
            lost.Unregister();
            exited.Unregister();
        }
    }

    private CancellationTokenRegistration WatchConnection(LocalWorker worker)
    {
        try
        {
            return worker.Connection.Lost.UnsafeRegister(static self => ((PooledWorker)self!).OnLost(), this);
        }
        catch (Exception exception)
        {
            // A connection of somebody else's. A worker whose loss nobody would hear of is as good as lost.
            ReportLost(exception);
            return default;
        }
    }

    private async Task EndAsync(LocalWorker worker)
    {
        try
        {
            WorkerRetireReason reason = slot.Reason;
            if (reason == WorkerRetireReason.Died)
            {
                // Its connection may be gone a moment before the process: what ends by itself is not to look as if it had been ended here.
                await worker.EndsByItselfAsync().ConfigureAwait(false);

                // Before the end, with which the record of its output goes: its sessions may not have come round to it.
                worker.MarkFailed();
            }

            bool isIdle = slot.SessionCount == 0 && reason is not (WorkerRetireReason.Died or WorkerRetireReason.Broken or WorkerRetireReason.Abandoned);
            await worker.TerminateAsync(Volatile.Read(ref _endDetail) ?? PoolReasons.Describe(reason), isIdle, reason).ConfigureAwait(false);
        }
        finally
        {
            // Whatever a launcher's process or a transport throws: the place is free.
            pool.Report(slot, static (PoolBook book, PoolSlot slot, TimeSpan now, ref PoolEffects effects) =>
            {
                book.Gone(slot, now, ref effects);
                return slot.Key;
            });
        }
    }

    private void OnLost()
    {
        Exception cause;
        try
        {
            cause = Worker!.DescribeLoss();
        }
        catch (Exception exception)
        {
            // It is lost all the same.
            cause = exception;
        }

        ReportLost(cause);
    }

    private void ReportLost(Exception cause) =>
        pool.Keeper.Do((slot, cause), static (PoolBook book, (PoolSlot Slot, Exception Cause) lost, TimeSpan now, ref PoolEffects effects) => book.Lost(lost.Slot, lost.Cause, now, ref effects));

    private async Task CancelStartAsync()
    {
        try
        {
            await _startToken.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException)
        {
            // A callback of the transport failed. The token has fallen all the same.
        }
    }
}
