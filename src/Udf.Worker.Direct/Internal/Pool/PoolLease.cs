namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The right of one session to its worker. Given back once; one that is forgotten is found by the garbage collector, and its worker is not used again.
/// </summary>
internal sealed class PoolLease : WorkerLease
{
    private const string CancelSetting = $"{nameof(WorkerSessionOptions)}.{nameof(WorkerSessionOptions.CancelTimeout)}";

    private readonly PooledWorker _pooled;
    private readonly LocalWorker _worker;
    private readonly WorkerPool _pool;
    private WorkerPayload? _payload;
    private Exception? _invalidReason;
    private int _isReleased;

    /// <param name="pooled">The worker, on which a session begins with this. The book counts it already.</param>
    /// <param name="pool">Whose it is.</param>
    public PoolLease(PooledWorker pooled, WorkerPool pool)
    {
        _pooled = pooled;
        _worker = pooled.Worker!;
        _pool = pool;
        _worker.Heartbeats.BeginSession();
    }

    ~PoolLease()
    {
        if (_pool is not null && Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            // Away from the finalizer's thread, which must not wait for a lock nor for a log.
            _ = Detached.Run(AbandonAsync);
        }
    }

    public override string WorkerId => _worker.Id;

    public override int? ProcessId => _worker.ProcessId;

    /// <summary>The worker.</summary>
    public LocalWorker Worker => _worker;

    /// <summary>The execution that the lease is for, for the log.</summary>
    public string? ExecutionId { get; set; }

    /// <summary>Whether the worker was given to other sessions before.</summary>
    public bool IsUsedAgain => _pooled.Slot.ServedCount > 1;

    /// <summary>Whether other sessions run on the worker.</summary>
    public bool IsShared => _pooled.Slot.SessionCount > 1;

    public override void OnInit(WorkerPayload payload)
    {
        _payload = payload;
        _pooled.Seats.Take();
    }

    public override void MarkInvalid(Exception reason)
    {
        Interlocked.CompareExchange(ref _invalidReason, reason, null);
        _worker.MarkFailed();
    }

    /// <summary>Returns when the worker is another session's to use, or will be when those that run on it have ended; for one that is not used again, when its process is gone, and its address with it.</summary>
    /// <exception cref="InvalidOperationException">It was given back before.</exception>
    public override async ValueTask ReleaseAsync(WorkerSessionOutcome outcome)
    {
        Begin();
        WorkerRetireReason? reason = WorkerRetireReason.Broken;
        try
        {
            Leave(outcome);
            reason = _invalidReason is { } failure ? Fail(PoolReasons.OfFailure(failure))
                : _pool.IsReused ? await _pool.Return.ExamineAsync(_pooled).ConfigureAwait(false)
                : null;
        }
        catch (Exception exception)
        {
            // A connection of somebody else's that throws where it must not. The place is given back all the same.
            _pooled.NoteEnd($"it could not be examined when its session was over: {exception.Message}");
        }

        await GiveBackAsync(reason, wasUsed: true).ConfigureAwait(false);
        if (_invalidReason is WorkerTimeoutException { Setting: CancelSetting } unconfirmed)
        {
            // What does not look at its cancellation computes on, and would for as long as others run beside it: these are told, and it is ended now.
            await _worker.TerminateAsync(PoolReasons.OfFailure(unconfirmed), isIdle: false, WorkerRetireReason.Broken).ConfigureAwait(false);
            await _pooled.Ended.ConfigureAwait(false);
        }
    }

    /// <summary>Gives the worker back without a session: as one that is not used again, if something is wrong with it.</summary>
    /// <param name="fault">What is wrong, in the words for the log; <see langword="null"/> if nothing is.</param>
    public ValueTask ReturnAsync(string? fault)
    {
        Begin();
        WorkerRetireReason? reason = fault is null ? null : Fail(fault);
        return GiveBackAsync(reason, wasUsed: fault is not null);
    }

    public override ValueTask<WorkerException> ExplainAsync(WorkerException failure) => _worker.ExplainAsync(failure);

    private void Begin()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
        {
            throw new InvalidOperationException($"Worker '{WorkerId}' was given back twice by one session.");
        }

#pragma warning disable CA1816 // To give a lease back is to dispose it.
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        _worker.Heartbeats.EndSession();
    }

    private void Leave(WorkerSessionOutcome? outcome)
    {
        if (_payload is { } payload)
        {
            // Who ends processes by these signals means the process, not what it runs.
            string? evidence = outcome is { IsSalvageable: false, Exception: WorkerExitedException { Exit: { EndedByHost: false, Signal: not ("SIGTERM" or "SIGINT" or "SIGHUP") } } exited } ? exited.Message : null;
            if (_pooled.Seats.Leave(payload, evidence) is { } death)
            {
                _pool.Poison.Record(PoolScope.Of(_pooled.Slot.Key).Scope, death.Running, death.Evidence);
            }
        }
    }

    private WorkerRetireReason Fail(string detail)
    {
        _pooled.NoteEnd(detail);
        return _worker.IsLost ? WorkerRetireReason.Died : WorkerRetireReason.Broken;
    }

    private async ValueTask GiveBackAsync(WorkerRetireReason? reason, bool wasUsed)
    {
        PoolSlot slot = _pooled.Slot;
        bool isEnding = _pool.Release(slot, reason, wasUsed);

        // Who closed a session on a worker that is merely worn out does not wait for its end.
        if (isEnding && slot.Reason is (WorkerRetireReason.Broken or WorkerRetireReason.Died or WorkerRetireReason.NoReuse))
        {
            await _pooled.Ended.ConfigureAwait(false);
        }
    }

    private Task AbandonAsync()
    {
        _pool.Events.Abandoned(_worker.Id, _worker.ProcessId, ExecutionId);
        _worker.Heartbeats.EndSession();
        Leave(outcome: null);
        _pool.Release(_pooled.Slot, WorkerRetireReason.Abandoned, wasUsed: true);
        return Task.CompletedTask;
    }
}
