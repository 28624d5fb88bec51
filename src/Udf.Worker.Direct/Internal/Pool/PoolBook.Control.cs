namespace Udf.Worker.Direct.Internal;

// What is asked of a whole key.
internal sealed partial class PoolBook
{
    /// <summary>Starts workers ahead, as far as the limits allow and starts do not fail, and keeps the minimum from now on. What cannot be started now is not made up for later.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="count">How many idle workers there are to be.</param>
    /// <param name="now">The time.</param>
    /// <param name="effects">What is to be done.</param>
    /// <returns>How many are idle, or will be when those that start are ready and all who wait now are served.</returns>
    public int WarmUp(PoolKeyState key, int count, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(key);
        key.KeepsMinimum = true;
        key.LastUsed = now;
        TickBy(MinimumEndsAt(key));
        while (CountAhead(key) < Math.Max(count, Minimum(key)) && WorkerCount < maxWorkers && CanBegin(key, now))
        {
            Start(key, now, isAhead: true, ref effects);
        }

        return CountAhead(key);
    }

    /// <summary>No longer keeps a minimum of idle workers, until the next use or warm-up.</summary>
    public void GiveUpMinimum(PoolKeyState key, TimeSpan now)
    {
        CheckKey(key);
        key.KeepsMinimum = false;

        // Some of them may have been idle for too long already.
        TickBy(now);
    }

    /// <summary>All workers of the key are of an old kind: they end when their sessions are over, and new sessions get new ones. What is known of failed starts is forgotten.</summary>
    public void Replace(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(key);
        key.IsFailing = false;
        key.FailureCount = 0;
        key.LastFailure = null;
        RetireAll(key, WorkerRetireReason.Replaced, ref effects);
        Changed(key, now, ref effects);
    }

    /// <summary>Gives out no more workers. Who waits is refused; sessions that run go on. <see cref="PoolEffectKind.Emptied"/> says when the last worker is gone.</summary>
    public void Drain(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(key);
        if (key.Phase != PoolKeyPhase.Open)
        {
            return;
        }

        key.Phase = PoolKeyPhase.Draining;
        RefuseAll(key, PoolRefusalReason.Draining, now, ref effects);
        RetireAll(key, WorkerRetireReason.Drained, ref effects);
        Empty(key, ref effects);
    }

    /// <summary>Ends all workers, whatever runs on them. Who waits is refused. <see cref="PoolEffectKind.Emptied"/> says when the last worker is gone; then the book no longer knows the key.</summary>
    public void Close(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(key);
        if (key.Phase == PoolKeyPhase.Closed)
        {
            return;
        }

        key.Phase = PoolKeyPhase.Closed;
        RefuseAll(key, PoolRefusalReason.Closed, now, ref effects);
        foreach (PoolSlot slot in key.Slots)
        {
            if (slot.State != PoolSlotState.Ending)
            {
                End(slot, WorkerRetireReason.Closed, ref effects);
            }
        }

        Empty(key, ref effects);
    }

    /// <summary>Forgets a key that has no worker, no waiter and nothing to remember, so that scopes that do not come back leave nothing behind.</summary>
    /// <returns>Whether it was forgotten. It is closed then, and a new one is opened for the next session.</returns>
    public bool TryForget(PoolKeyState key, TimeSpan now)
    {
        CheckKey(key);
        if (key.Phase != PoolKeyPhase.Open || key.Slots.Count > 0 || key.Waiters.Count > 0 || Minimum(key) > 0 || RemembersFailuresUntil(key) > now)
        {
            return false;
        }

        key.Phase = PoolKeyPhase.Closed;
        _keys.Remove(key);
        return true;
    }

    /// <summary>What a key has, and what has happened in it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="scope">Whom its workers serve.</param>
    /// <param name="now">The time.</param>
    public WorkerPoolStatistics Snapshot(PoolKeyState key, WorkerSecurityScope? scope, TimeSpan now)
    {
        CheckKey(key);
        PoolCounters counters = key.Counters;
        return new WorkerPoolStatistics
        {
            Scope = scope,
            IdleCount = key.IdleCount,
            ActiveCount = key.WorkerCount - key.IdleCount - key.StartingCount - key.EndingCount,
            StartingCount = key.StartingCount,
            EndingCount = key.EndingCount,
            SessionCount = key.SessionCount,
            WaitingCount = key.WaitingCount,
            FirstWaitingTime = key.Waiters.First is { } first ? now - first.Since : TimeSpan.Zero,
            AcquiredCount = counters.Acquired,
            WaitedCount = counters.Waited,
            TotalWaitingTime = counters.TotalWait,
            LongestWaitingTime = counters.LongestWait,
            RefusedCount = counters.Refused,
            StartedCount = counters.Started,
            FailedStartCount = counters.FailedStarts,
            TotalStartTime = counters.TotalStart,
            LongestStartTime = counters.LongestStart,
            RetiredCounts = counters.RetiredByReason(),
            StartFailure = key.LastFailure,
            TimeToNextStart = TimeToNextStart(key, now),
        };
    }

    private void RetireAll(PoolKeyState key, WorkerRetireReason reason, ref PoolEffects effects)
    {
        foreach (PoolSlot slot in key.Slots)
        {
            RetireUnsettled(slot, reason, ref effects);
        }
    }

    private void Empty(PoolKeyState key, ref PoolEffects effects)
    {
        if (key.Phase == PoolKeyPhase.Open || key.Slots.Count > 0)
        {
            return;
        }

        if (key.Phase == PoolKeyPhase.Closed)
        {
            _keys.Remove(key);
        }

        effects.Add(new PoolEffect(PoolEffectKind.Emptied, key));
    }
}
