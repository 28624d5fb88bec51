namespace Udf.Worker.Direct.Internal;

// Who gets the places that are free, and where they come from if none is.
internal sealed partial class PoolBook
{
    // Called after every change that may let somebody start a worker. A waiter and a worker of its key with room never come together here: whoever makes room serves the waiters.
    private void Settle(TimeSpan now, ref PoolEffects effects)
    {
        while (WorkerCount < maxWorkers && FindSenior(now) is { } senior)
        {
            Start(senior.Key!, now, isAhead: false, ref effects);
        }

        if (WorkerCount < maxWorkers || _hungry.First is null)
        {
            return;
        }

        int wanted = 0;
        for (PoolKeyState? key = _hungry.First; key is not null; key = key.Next)
        {
            wanted = (int)Math.Min(int.MaxValue, (long)wanted + CountWanted(key, now));
        }

        // A key that waits has no idle worker: this is always another's.
        while (wanted > _endingCount && FindLongestIdle() is { } slot)
        {
            End(slot, WorkerRetireReason.Evicted, ref effects);
        }
    }

    // A place has become free that any key may use: waiters come first, then the workers that are kept ahead.
    private void SettleAll(TimeSpan now, ref PoolEffects effects)
    {
        Settle(now, ref effects);
        if (WorkerCount >= maxWorkers)
        {
            return;
        }

        foreach (PoolKeyState key in _keys)
        {
            Refill(key, now, ref effects);
        }
    }

    private void Changed(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        RefuseHopeless(key, now, ref effects);
        Settle(now, ref effects);
        Refill(key, now, ref effects);
    }

    private void Refill(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        int minimum = Minimum(key);
        if (minimum == 0)
        {
            return;
        }

        while (CountAhead(key) < minimum && WorkerCount < maxWorkers && CanBegin(key, now))
        {
            Start(key, now, isAhead: true, ref effects);
        }
    }

    // Idle workers, and those that will be when all who wait are served.
    private static int CountAhead(PoolKeyState key) => key.IdleCount + Math.Max(0, key.StartingCount - key.StartsForWaiters);

    // The waiter that has waited longest among those for whom a worker may be started.
    private PoolWaiter? FindSenior(TimeSpan now)
    {
        PoolWaiter? senior = null;
        for (PoolKeyState? key = _hungry.First; key is not null; key = key.Next)
        {
            if (CanBegin(key, now) && key.FirstUncovered is { } waiter && (senior is null || waiter.Number < senior.Number))
            {
                senior = waiter;
            }
        }

        return senior;
    }

    // Whether a worker that is given back goes to another key. A key without any worker would wait for ever while others keep all theirs busy, so it has the place if its caller has waited longer than
    // those of the worker's own key. Keys with workers wait for these: otherwise workers would be ended and started for each session as soon as two keys are busy.
    private bool OwesPlace(PoolKeyState key, TimeSpan now)
    {
        if (WorkerCount < maxWorkers)
        {
            return false;
        }

        int owed = 0;
        for (PoolKeyState? other = _hungry.First; other is not null; other = other.Next)
        {
            if (other != key
                && IsStarved(other)
                && CanBegin(other, now)
                && (key.Waiters.First is not { } own || other.Waiters.First!.Number < own.Number))
            {
                owed++;
            }
        }

        return owed > _endingCount + _yieldingCount;
    }

    private static bool IsStarved(PoolKeyState key) => key.ReadyCount == 0 && key.StartingCount == 0;

    // Whether the key's own rules let a worker be started, or will as soon as those of its own that end are gone.
    private static int CountWanted(PoolKeyState key, TimeSpan now)
    {
        if (!MayTry(key, now))
        {
            return 0;
        }

        int missing = key.StartsForWaiters - key.StartingCount;
        return Math.Clamp(key.IsFailing ? Math.Min(1, missing) : missing, 0, Math.Max(0, key.Limits.MaxWorkers - key.WorkerCount + key.EndingCount));
    }

    // Whether the key's own rules let a worker be started now; the budget is another matter.
    private static bool CanBegin(PoolKeyState key, TimeSpan now) => MayTry(key, now) && key.WorkerCount < key.Limits.MaxWorkers;

    private static bool MayTry(PoolKeyState key, TimeSpan now) => key.Phase == PoolKeyPhase.Open && (!key.IsFailing || (key.StartingCount == 0 && key.RetryAt <= now));

    // Whether a further waiter gets a place of the budget, free or an idle worker's.
    private bool BudgetHasPlace() => WorkerCount < maxWorkers || FindLongestIdle() is not null;

    private PoolSlot? FindLongestIdle()
    {
        PoolSlot? longest = null;
        foreach (PoolKeyState key in _keys)
        {
            if (key.LongestIdle is { } slot && (longest is null || slot.IdleSince < longest.IdleSince))
            {
                longest = slot;
            }
        }

        return longest;
    }
}
