namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Who has which worker, who waits, and what is to be started and ended: the book-keeping of all pools that share a budget. It knows no process, no clock, no task and no lock. The shell around it holds
/// one lock for each call, passes the time since some fixed moment, which never goes back, and carries out the effects when it no longer holds the lock. What is against the order of calls throws
/// <see cref="InvalidOperationException"/> before anything is changed: that is a bug of the shell.
/// </summary>
/// <remarks>
/// <para>A place is taken from the decision to start a worker until the shell has reported that it is gone. Sessions that outlive their worker are still given back.</para>
/// <para>A worker with room, a session given back and taken again allocate nothing.</para>
/// </remarks>
/// <param name="maxWorkers">The most workers of all keys together; <see cref="int.MaxValue"/> for no limit.</param>
internal sealed partial class PoolBook(int maxWorkers = int.MaxValue)
{
    private readonly List<PoolKeyState> _keys = [];

    // Keys for which somebody waits.
    private readonly PoolList<PoolKeyState> _hungry = new();
    private long _lastNumber;

    // Workers whose places become free at once, and those that were asked for theirs and still have sessions.
    private int _endingCount;
    private int _yieldingCount;

    /// <summary>The workers of all keys, with those that start and end.</summary>
    public int WorkerCount { get; private set; }

    /// <summary>The keys that are open, or closed and not empty yet.</summary>
    public int KeyCount => _keys.Count;

    /// <summary>These keys.</summary>
    public IReadOnlyList<PoolKeyState> Keys => _keys;

    /// <summary>When <see cref="Tick"/> is to be called at the latest; <see cref="TimeSpan.MaxValue"/> for never. It may be earlier than needed. The shell looks at it after each call, and sets its timer when it has become less.</summary>
    public TimeSpan NextTick { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Adds a key.</summary>
    /// <param name="name">What errors call one of its workers, such as <c>worker 'python' for scope 'alice'</c>.</param>
    /// <param name="limits">What is kept to.</param>
    public PoolKeyState Open(string name, PoolLimits limits)
    {
        var key = new PoolKeyState(this, name, limits);
        _keys.Add(key);
        return key;
    }

    /// <summary>Takes a worker that has room.</summary>
    /// <returns>The worker, with one session more, to be given back with <c>Release</c>; <see langword="null"/> if there is none or others wait: then <see cref="Wait"/>.</returns>
    public PoolSlot? TryAcquire(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(key);
        if (key.Phase != PoolKeyPhase.Open || key.Waiters.Count > 0 || key.Choose() is not { } slot)
        {
            return null;
        }

        Give(slot);
        if (key.Limits.MinIdle > 0)
        {
            Refill(key, now, ref effects);
        }

        return slot;
    }

    /// <summary>Gives a session's worker back, for others to use.</summary>
    /// <param name="slot">The worker.</param>
    /// <param name="now">The time.</param>
    /// <param name="effects">What is to be done.</param>
    /// <param name="wasUsed">Whether it was used; if not, as when the caller was cancelled at the moment it got the worker, it does not count as a session of the worker.</param>
    /// <param name="isFull">Whether the worker has refused the session because it has as many as it takes: it gets no more than the others it has now until these are over.</param>
    /// <exception cref="InvalidOperationException">No session runs on the worker.</exception>
    public void Release(PoolSlot slot, TimeSpan now, ref PoolEffects effects, bool wasUsed = true, bool isFull = false)
    {
        TakeBack(slot, now);
        if (isFull && slot.SessionCount > 0)
        {
            slot.FullAt = slot.SessionCount;
        }

        PoolKeyState key = slot.Key;
        if (!wasUsed)
        {
            slot.ServedCount--;
            key.Counters.Acquired--;
        }
        else if (!key.IsFailing)
        {
            key.FailureCount = 0;
        }

        if (slot.State == PoolSlotState.Finishing)
        {
            Finish(slot, ref effects);
        }
        else if (slot.State == PoolSlotState.Ready)
        {
            ReleaseReady(slot, now, ref effects);
        }

        if (_hungry.First is not null)
        {
            Settle(now, ref effects);
        }
    }

    /// <summary>Gives a session's worker back, which is not to be used again: it takes no more sessions and ends when those it has are over.</summary>
    /// <exception cref="InvalidOperationException">No session runs on the worker.</exception>
    public void Release(PoolSlot slot, WorkerRetireReason reason, TimeSpan now, ref PoolEffects effects)
    {
        TakeBack(slot, now);
        if (slot.State == PoolSlotState.Ready)
        {
            RetireUnsettled(slot, reason, ref effects);
        }
        else if (slot.State == PoolSlotState.Finishing)
        {
            Finish(slot, ref effects);
        }

        Changed(slot.Key, now, ref effects);
    }

    private void ReleaseReady(PoolSlot slot, TimeSpan now, ref PoolEffects effects)
    {
        PoolKeyState key = slot.Key;
        bool isWornOut = slot.ServedCount >= key.Limits.MaxSessions;
        if (isWornOut && slot.SessionCount > 0)
        {
            // As long as it has sessions it is merely full: one of them may turn out not to have been used.
            return;
        }

        WorkerRetireReason? reason = isWornOut ? key.Limits.MaxSessionsReason
            : slot.ExpiresAt <= now ? WorkerRetireReason.Age
            : _hungry.First is not null && OwesPlace(key, now) ? WorkerRetireReason.Evicted
            : null;
        if (reason is { } given)
        {
            RetireUnsettled(slot, given, ref effects);
            Changed(key, now, ref effects);
        }
        else
        {
            key.Place(slot);

            // One that was full and has no sessions any more has room for several at once.
            while (slot.HasRoom && key.Waiters.First is { } waiter)
            {
                Grant(slot, waiter, now, ref effects);
            }

            if (slot.SessionCount == 0)
            {
                BecameIdle(slot, now);
            }
        }
    }

    private void BecameIdle(PoolSlot slot, TimeSpan now)
    {
        slot.IdleSince = now;
        PoolKeyState key = slot.Key;
        if (key.IdleCount > Minimum(key))
        {
            TickBy(Sum(key.LongestIdle!.IdleSince, key.Limits.IdleTimeout));
        }
    }

    private static void Give(PoolSlot slot)
    {
        slot.SessionCount++;
        slot.ServedCount++;
        PoolKeyState key = slot.Key;
        key.SessionCount++;
        key.Counters.Acquired++;
        key.KeepsMinimum = true;
        key.Place(slot);
    }

    private void TakeBack(PoolSlot slot, TimeSpan now)
    {
        CheckKey(slot.Key);
        if (slot.SessionCount == 0)
        {
            throw new InvalidOperationException($"A {slot.Key.Name} was given back on which no session runs.");
        }

        slot.SessionCount--;
        slot.FullAt = slot.SessionCount == 0 ? int.MaxValue : slot.FullAt;
        slot.Key.SessionCount--;
        slot.Key.LastUsed = now;
        TickBy(MinimumEndsAt(slot.Key));
    }

    private void TickBy(TimeSpan time)
    {
        if (time < NextTick)
        {
            NextTick = time;
        }
    }

    private void CheckKey(PoolKeyState key)
    {
        if (key.Book != this)
        {
            throw new InvalidOperationException($"{key.Name} belongs to another book.");
        }
    }

    private static int Minimum(PoolKeyState key) => key.KeepsMinimum ? key.Limits.MinIdle : 0;

    private static TimeSpan Sum(TimeSpan time, TimeSpan duration) => time > TimeSpan.MaxValue - duration ? TimeSpan.MaxValue : time + duration;
}
