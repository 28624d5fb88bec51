namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The right of one session at a time to its worker. Used again by the same worker's next session, so that nothing is allocated for it: each use has a number, and who has an old one can do nothing with it.
/// Given back once; one that is forgotten is found by the garbage collector, and its worker is not used again.
/// </summary>
internal sealed class PoolLease : WorkerLease
{
    private const string CancelSetting = $"{nameof(WorkerSessionOptions)}.{nameof(WorkerSessionOptions.CancelTimeout)}";

    private readonly PooledWorker _pooled;
    private readonly LocalWorker _worker;
    private readonly WorkerPool _pool;
    private WorkerPayload? _payload;
    private Exception? _invalidReason;

    // Odd while a session has it.
    private long _use;

    /// <param name="pooled">The worker.</param>
    /// <param name="pool">Whose it is.</param>
    public PoolLease(PooledWorker pooled, WorkerPool pool)
    {
        _pooled = pooled;
        _worker = pooled.Worker!;
        _pool = pool;
    }

    ~PoolLease()
    {
        if (_pool is not null && IsOut(_use) && TryEndUse(_use))
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

    /// <summary>The next lease in the list of those that are free.</summary>
    internal PoolLease? Next { get; set; }

    /// <summary>Which use the present one is. Read by who has just acquired it.</summary>
    public long Number => Volatile.Read(ref _use);

    protected override long Use => Number;

    /// <summary>Begins the next use. The book counts it already.</summary>
    public void Begin()
    {
        if (_use != 0)
        {
            // Was taken back when the last use ended.
            GC.ReRegisterForFinalize(this);
        }

        Volatile.Write(ref _use, _use + 1);
        _worker.Heartbeats.BeginSession();
    }

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

    protected override bool TryEndUse(long use) => IsOut(use) && Interlocked.CompareExchange(ref _use, use + 1, use) == use;

    /// <summary>Returns when the worker is another session's to use, or will be when those that run on it have ended; for one that is not used again, when its process is gone, and its address with it.</summary>
    public override async ValueTask ReleaseAsync(WorkerSessionOutcome outcome)
    {
        End();
        Exception? invalidReason = _invalidReason;

        // What was refused before anything was sent has cost its worker nothing: it serves another session, even if it serves one only.
        bool wasUsed = _pool.IsReused || _payload is not null || outcome is not { IsSalvageable: true, Exception: not null };
        bool isFull = outcome.Exception is WorkerConnectionException { IsAtCapacity: true };
        WorkerRetireReason? reason = WorkerRetireReason.Broken;
        try
        {
            Leave(outcome);
            reason = invalidReason is not null ? Fail(PoolReasons.OfFailure(invalidReason))
                : isFull && !IsShared ? Fail(PoolReasons.FullOfNothing)
                : _pool.IsReused || !wasUsed ? await _pool.Return.ExamineAsync(_pooled).ConfigureAwait(false)
                : null;
        }
        catch (Exception exception)
        {
            // A connection of somebody else's that throws where it must not. The place is given back all the same.
            _pooled.NoteEnd($"it could not be examined when its session was over: {exception.Message}");
        }

        await GiveBackAsync(reason, wasUsed, isFull).ConfigureAwait(false);
        if (invalidReason is WorkerTimeoutException { Setting: CancelSetting } unconfirmed)
        {
            // What does not look at its cancellation computes on, and would for as long as others run beside it: these are told, and it is ended now.
            await _worker.TerminateAsync(PoolReasons.OfFailure(unconfirmed), isIdle: false, WorkerRetireReason.Broken).ConfigureAwait(false);
            await _pooled.Ended.ConfigureAwait(false);
        }
    }

    /// <summary>Gives the worker back without a session: as one that is not used again, if something is wrong with it. Without effect if a session has done so already, as one may that a hook made and closed before it failed.</summary>
    /// <param name="use">The use that is to end.</param>
    /// <param name="fault">What is wrong, in the words for the log; <see langword="null"/> if nothing is.</param>
    /// <param name="isFull">Whether it has refused a session because it has as many as it takes.</param>
    public ValueTask ReturnAsync(long use, string? fault, bool isFull = false)
    {
        if (!TryEndUse(use))
        {
            return ValueTask.CompletedTask;
        }

        End();
        WorkerRetireReason? reason = fault is null ? null : Fail(fault);
        return GiveBackAsync(reason, wasUsed: fault is not null, isFull);
    }

    public override ValueTask<WorkerException> ExplainAsync(WorkerException failure) => _worker.ExplainAsync(failure);

    private static bool IsOut(long use) => (use & 1) != 0;

    private void End()
    {
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

    private async ValueTask GiveBackAsync(WorkerRetireReason? reason, bool wasUsed, bool isFull)
    {
        PoolSlot slot = _pooled.Slot;
        PooledWorker pooled = _pooled;
        if (reason is null)
        {
            // Before the place: whoever gets that takes this. From here on it is another's.
            _payload = null;
            _invalidReason = null;
            ExecutionId = null;
            pooled.Leases.Add(this);
        }

        bool isEnding = _pool.Release(slot, reason, wasUsed, isFull);

        // Who closed a session on a worker that is merely worn out does not wait for its end.
        if (isEnding && slot.Reason is (WorkerRetireReason.Broken or WorkerRetireReason.Died or WorkerRetireReason.NoReuse))
        {
            await pooled.Ended.ConfigureAwait(false);
        }
    }

    private Task AbandonAsync()
    {
        try
        {
            _pool.Events.Abandoned(_worker.Id, _worker.ProcessId, ExecutionId);
            _worker.Heartbeats.EndSession();
            Leave(outcome: null);
        }
        catch (Exception exception)
        {
            _pool.Events.Broken(exception);
        }
        finally
        {
            // Whatever a scope of the user's throws when it is compared: the place is given back.
            _pool.Release(_pooled.Slot, WorkerRetireReason.Abandoned, wasUsed: true);
        }

        return Task.CompletedTask;
    }
}
