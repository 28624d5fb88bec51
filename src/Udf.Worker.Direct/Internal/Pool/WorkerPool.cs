namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The workers of one dispatcher, of all its security scopes: gives them to sessions, and takes them back. What is to be done with which worker is said by the book; how, by those that this hands on to.
/// Thread safe.
/// </summary>
internal sealed partial class WorkerPool
{
    // For so long a scope that has a minimum of idle workers, and no session, keeps them. The sessions without a scope keep theirs.
    private const int IdleTimesOfUnusedScope = 10;

    private readonly WorkerPoolOptions _options;
    private readonly Func<CancellationToken, Task<LocalWorker>> _start;
    private readonly Func<Exception> _refused;
    private readonly GuardedStep _guard;
    private readonly TimeSpan _startLimit;

    // Guarded by the lock of the book.
    private PoolKeyPhase _phase = PoolKeyPhase.Open;

    /// <param name="name">What errors call one of the workers.</param>
    /// <param name="capabilities">What the workers can do.</param>
    /// <param name="context">The options, the clock and the log.</param>
    /// <param name="start">Starts a worker; an attempt that fails leaves nothing behind.</param>
    /// <param name="startLimit">How long the end of a start is waited for that was cancelled.</param>
    /// <param name="refused">Makes what callers throw when no workers are given out any more.</param>
    public WorkerPool(
        string name,
        WorkerCapabilities? capabilities,
        ProcessContext context,
        Func<CancellationToken, Task<LocalWorker>> start,
        TimeSpan startLimit,
        Func<Exception> refused)
    {
        _start = start;
        _startLimit = startLimit;
        _refused = refused;
        _options = context.Settings.Pool;
        _guard = new GuardedStep(context.Logger, context.TimeProvider);
        IsReused = capabilities is { SupportsReuse: true };
        var limits = PoolLimits.From(_options, IsReused, capabilities is { SupportsConcurrentUdfs: true }, context.Settings.NextRandom);
        Keeper = _options.Budget?.Keeper ?? new PoolKeeper(int.MaxValue, context.TimeProvider);
        Events = new PoolEvents(context.Logger);
        Return = new WorkerReturn(_options.MaxResidentBytes, context.Settings.HeartbeatInterval, Events);
        Poison = new PoisonGuard(_options, context.TimeProvider, Events);
        Scopes = new PoolScopes(this, name, limits, limits with { MinIdleTimeout = _options.IdleTimeout * IdleTimesOfUnusedScope });
        if (_options.SessionsPerWorker > limits.SessionsPerWorker)
        {
            Events.OneSessionOnly(_options.SessionsPerWorker);
        }
    }

    /// <summary>What keeps the book.</summary>
    public PoolKeeper Keeper { get; }

    /// <summary>What is written to the log.</summary>
    public PoolEvents Events { get; }

    /// <summary>What decides whether a worker is used again.</summary>
    public WorkerReturn Return { get; }

    /// <summary>The payloads that kill workers.</summary>
    public PoisonGuard Poison { get; }

    /// <summary>The scopes that have workers.</summary>
    public PoolScopes Scopes { get; }

    /// <summary>Whether a worker serves further sessions when one is over.</summary>
    public bool IsReused { get; }

    /// <summary>The time as the book has it.</summary>
    public TimeSpan Now => Keeper.Clock.GetElapsedTime(0);

    /// <summary>How many workers there are, with those that start and end.</summary>
    public int WorkerCount => Keeper.Do(this, static (PoolBook _, WorkerPool self, TimeSpan _, ref PoolEffects _) => self.Scopes.Opened.Sum(static scope => scope.Key!.WorkerCount));

    /// <summary>Takes a worker for a session: at once if one has room.</summary>
    /// <param name="scope">Whom the session runs for.</param>
    /// <param name="since">When the caller asked first, if this is another try: how long he may wait counts from then.</param>
    /// <param name="cancellationToken">Ends the wait. A worker that was being started for this caller alone is then ended first.</param>
    /// <returns>The right to it, which the caller or his session gives back.</returns>
    public ValueTask<PoolLease> AcquireAsync(WorkerSecurityScope? scope, TimeSpan? since, CancellationToken cancellationToken)
    {
        PoolScope of = Scopes.Get(scope);
        PoolSlot? slot = Keeper.Do(of, static (PoolBook book, PoolScope of, TimeSpan now, ref PoolEffects effects) =>
            of.Pool.TryOpen(book, of) is { } key ? book.TryAcquire(key, now, ref effects) : null);
        return slot is null ? new(WaitAsync(of, since, cancellationToken)) : new(Lease(slot));
    }

    /// <summary>Gives a session's worker back to the book.</summary>
    /// <param name="slot">The worker.</param>
    /// <param name="reason">Why it is not to be used again; <see langword="null"/> if it is.</param>
    /// <param name="wasUsed">Whether there was a session.</param>
    /// <param name="isFull">Whether the worker has refused it because it has as many as it takes.</param>
    /// <returns>Whether the worker is being ended, or has been.</returns>
    public bool Release(PoolSlot slot, WorkerRetireReason? reason, bool wasUsed, bool isFull = false) =>
        Keeper.Do((slot, reason, wasUsed, isFull), static (PoolBook book, (PoolSlot Slot, WorkerRetireReason? Reason, bool WasUsed, bool IsFull) given, TimeSpan now, ref PoolEffects effects) =>
        {
            if (given.Reason is { } reason)
            {
                book.Release(given.Slot, reason, now, ref effects);
            }
            else
            {
                book.Release(given.Slot, now, ref effects, given.WasUsed, given.IsFull);
            }

            return given.Slot.State is PoolSlotState.Ending or PoolSlotState.Gone;
        });

    /// <summary>Tells the book of the end of a worker or of a start, and forgets the scope if nothing is left of it.</summary>
    public void Report<TState>(TState state, PoolCall<TState, PoolKeyState> call)
    {
        PoolScope? forgotten = Keeper.Do((state, call), static (PoolBook book, (TState State, PoolCall<TState, PoolKeyState> Call) report, TimeSpan now, ref PoolEffects effects) =>
        {
            PoolScope scope = PoolScope.Of(report.Call(book, report.State, now, ref effects));
            return scope.TryForget(book, now) ? scope : null;
        });
        if (forgotten is not null)
        {
            Scopes.Remove(forgotten);
        }
    }

    /// <summary>Starts a worker.</summary>
    public Task<LocalWorker> StartAsync(CancellationToken cancellationToken) => _start(cancellationToken);

    /// <summary>What a caller throws who comes when no workers are given out any more.</summary>
    public Exception Refused() => _refused();

    private PoolLease Lease(PoolSlot slot)
    {
        var pooled = PooledWorker.Of(slot);
        return pooled.Leases.Take(pooled, this);
    }

    private async Task<PoolLease> WaitAsync(PoolScope scope, TimeSpan? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var caller = new PoolCaller { AskedAt = since };
        while (!Keeper.Do((scope, caller), Ask))
        {
            // Forgotten since it was looked up, because nothing was left of it.
            Scopes.Remove(scope);
            scope = Scopes.Get(scope.Scope);
        }

        CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(PoolCaller.Cancel, caller);
        try
        {
            return Lease(await caller.Answer.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (caller.Answer.IsCanceled)
        {
            // Bounded in case a hook of the transport does not listen to its token.
            await _guard.RunAsync("end the worker that was being started", () => new ValueTask(caller.EndedStart), _startLimit).ConfigureAwait(false);
            throw;
        }
        finally
        {
            cancellation.Unregister();
        }
    }

    // Whether there was a key to ask.
    private static bool Ask(PoolBook book, (PoolScope Scope, PoolCaller Caller) asking, TimeSpan now, ref PoolEffects effects)
    {
        WorkerPool self = asking.Scope.Pool;
        if (self.TryOpen(book, asking.Scope) is not { } key)
        {
            asking.Caller.Refuse(self.Refused());
            return true;
        }

        if (key.Phase == PoolKeyPhase.Closed)
        {
            return false;
        }

        book.Wait(key, asking.Caller, now, (asking.Caller.AskedAt ?? now) + self._options.AcquireTimeout, ref effects);
        return true;
    }

    // The key of a scope; null if the pool gives out no workers any more.
    private PoolKeyState? TryOpen(PoolBook book, PoolScope scope) => _phase == PoolKeyPhase.Open ? scope.Open(book) : null;
}
