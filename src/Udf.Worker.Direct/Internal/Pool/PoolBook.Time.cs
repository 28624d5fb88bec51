namespace Udf.Worker.Direct.Internal;

// What happens because time passes.
internal sealed partial class PoolBook
{
    /// <summary>Does what is due: refuses those whose time is up, retires workers that are idle for too long or too old, starts again what failed, refills the minimum. Then <see cref="NextTick"/> is exact.</summary>
    public void Tick(TimeSpan now, ref PoolEffects effects)
    {
        foreach (PoolKeyState key in _keys)
        {
            RefuseLate(key, now, ref effects);
            RetireOld(key, now, ref effects);
            key.KeepsMinimum &= MinimumEndsAt(key) > now;
            RetireIdle(key, now, ref effects);
            RefuseHopeless(key, now, ref effects);
        }

        SettleAll(now, ref effects);
        NextTick = TimeSpan.MaxValue;
        foreach (PoolKeyState key in _keys)
        {
            TickBy(NextTickOf(key, now));
        }
    }

    private void RefuseLate(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        for (PoolWaiter? waiter = key.Waiters.First; waiter is not null;)
        {
            PoolWaiter? next = waiter.Next;
            if (waiter.Deadline <= now)
            {
                Refuse(waiter, PoolRefusalReason.TimedOut, now, ref effects);
            }

            waiter = next;
        }
    }

    private void RetireOld(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        if (key.Limits.MaxAge is null)
        {
            return;
        }

        foreach (PoolSlot slot in key.Slots)
        {
            if (slot.State == PoolSlotState.Ready && slot.ExpiresAt <= now)
            {
                RetireUnsettled(slot, WorkerRetireReason.Age, ref effects);
            }
        }
    }

    private void RetireIdle(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        while (key.IdleCount > Minimum(key) && key.LongestIdle is { } slot && Sum(slot.IdleSince, key.Limits.IdleTimeout) <= now)
        {
            End(slot, WorkerRetireReason.Idle, ref effects);
        }
    }

    private static TimeSpan NextTickOf(PoolKeyState key, TimeSpan now)
    {
        TimeSpan next = key.IsFailing && key.RetryAt > now ? key.RetryAt
            : RemembersFailuresUntil(key) > now ? RemembersFailuresUntil(key)
            : TimeSpan.MaxValue;
        next = Earlier(next, MinimumEndsAt(key));
        if (key.IdleCount > Minimum(key))
        {
            next = Earlier(next, Sum(key.LongestIdle!.IdleSince, key.Limits.IdleTimeout));
        }

        for (PoolWaiter? waiter = key.Waiters.First; waiter is not null; waiter = waiter.Next)
        {
            next = Earlier(next, waiter.Deadline);
        }

        if (key.Limits.MaxAge is not null)
        {
            foreach (PoolSlot slot in key.Slots)
            {
                next = slot.State == PoolSlotState.Ready ? Earlier(next, slot.ExpiresAt) : next;
            }
        }

        return next;
    }

    // A key that does not come back must not hold workers for ever.
    private static TimeSpan MinimumEndsAt(PoolKeyState key) =>
        key is { KeepsMinimum: true, SessionCount: 0, WaitingCount: 0, Limits: { MinIdle: > 0, MinIdleTimeout: { } timeout } } ? Sum(key.LastUsed, timeout) : TimeSpan.MaxValue;

    // Longer than the next attempt: otherwise a scope whose callers come one at a time would begin anew after each failure, with the shortest wait.
    private static TimeSpan RemembersFailuresUntil(PoolKeyState key) => key.FailureCount == 0 ? TimeSpan.Zero : Sum(key.RetryAt, key.Limits.MaximumStartRetryDelay);

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
