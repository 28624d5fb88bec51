namespace Udf.Worker.Direct.Internal;

// Callers that find no worker with room.
internal sealed partial class PoolBook
{
    /// <summary>Asks for a worker, and waits for it behind all who wait for one of the key. The answer is an effect, of this call or of a later one: a grant or a refusal, and exactly one unless the wait is cancelled.</summary>
    /// <param name="key">Whose worker.</param>
    /// <param name="waiter">Who; new.</param>
    /// <param name="now">The time.</param>
    /// <param name="deadline">Until when. <see cref="Tick"/> refuses it then; one whose time is up already is refused unless there is a worker at once.</param>
    /// <param name="effects">What is to be done.</param>
    /// <exception cref="InvalidOperationException">The waiter has waited before.</exception>
    public void Wait(PoolKeyState key, PoolWaiter waiter, TimeSpan now, TimeSpan deadline, ref PoolEffects effects)
    {
        CheckKey(key);
        if (waiter.Key is not null)
        {
            throw new InvalidOperationException("A waiter waits once.");
        }

        waiter.Key = key;
        waiter.Number = ++_lastNumber;
        waiter.Since = now;
        waiter.Deadline = deadline;
        if (key.Phase != PoolKeyPhase.Open)
        {
            Refuse(waiter, key.Phase == PoolKeyPhase.Closed ? PoolRefusalReason.Closed : PoolRefusalReason.Draining, now, ref effects);
            return;
        }

        key.KeepsMinimum = true;
        key.LastUsed = now;
        if (TryAcquire(key, now, ref effects) is { } slot)
        {
            effects.Add(new PoolEffect(PoolEffectKind.Grant, key, slot, waiter));
            return;
        }

        if (deadline <= now)
        {
            Refuse(waiter, PoolRefusalReason.TimedOut, now, ref effects);
            return;
        }

        if (IsHopeless(key, waiter, now))
        {
            Refuse(waiter, PoolRefusalReason.StartsFailing, now, ref effects);
            return;
        }

        // Who is served by a worker that starts, or can, does not count.
        bool isServed = (long)key.StartingCount * key.Limits.SessionsOfNewWorker > key.Waiters.Count || (CanBegin(key, now) && BudgetHasPlace());
        if (!isServed && key.UncoveredCount >= key.Limits.MaxWaiting)
        {
            Refuse(waiter, PoolRefusalReason.TooManyWaiting, now, ref effects);
            return;
        }

        if (key.Waiters.Count == 0)
        {
            _hungry.AddLast(key);
        }

        key.Waiters.AddLast(waiter);
        TickBy(deadline);
        Changed(key, now, ref effects);
    }

    /// <summary>Takes a waiter out, and ends the start of a worker that was begun for a waiter and is needed by none any more, nor for the minimum.</summary>
    /// <param name="waiter">Who.</param>
    /// <param name="effects">What is to be done.</param>
    /// <returns>Whether it waited: not if it was granted a worker or refused before. A worker that was granted is then given back as one that was not used.</returns>
    public bool Cancel(PoolWaiter waiter, ref PoolEffects effects)
    {
        if (waiter.Key is not { } key || waiter.List is null)
        {
            return false;
        }

        CheckKey(key);
        Leave(key, waiter);
        EndUnneededStarts(key, ref effects);
        return true;
    }

    // One whose wait was too long is no reason: who asks again then finds the worker that took so long to start.
    private void EndUnneededStarts(PoolKeyState key, ref PoolEffects effects)
    {
        int unneeded = key.StartingForWaitersCount - key.StartsForWaiters;
        while (unneeded-- > 0 && CountAhead(key) > Minimum(key) && FindLastStart(key) is { } slot)
        {
            End(slot, WorkerRetireReason.NotNeeded, ref effects);
        }
    }

    private static PoolSlot? FindLastStart(PoolKeyState key)
    {
        PoolSlot? last = null;
        foreach (PoolSlot slot in key.Slots)
        {
            if (slot is { State: PoolSlotState.Starting, IsAhead: false } && (last is null || slot.StartedAt >= last.StartedAt))
            {
                last = slot;
            }
        }

        return last;
    }

    private void Leave(PoolKeyState key, PoolWaiter waiter)
    {
        key.Waiters.Remove(waiter);
        if (key.Waiters.Count == 0)
        {
            _hungry.Remove(key);

            // Who waited has kept the minimum so far.
            TickBy(MinimumEndsAt(key));
        }
    }

    private void Grant(PoolSlot slot, PoolWaiter waiter, TimeSpan now, ref PoolEffects effects)
    {
        PoolKeyState key = slot.Key;
        Leave(key, waiter);
        key.Counters.WaitEnded(now - waiter.Since);
        Give(slot);
        effects.Add(new PoolEffect(PoolEffectKind.Grant, key, slot, waiter));
    }

    private void RefuseAll(PoolKeyState key, PoolRefusalReason reason, TimeSpan now, ref PoolEffects effects)
    {
        while (key.Waiters.First is { } waiter)
        {
            Refuse(waiter, reason, now, ref effects);
        }
    }

    private void RefuseHopeless(PoolKeyState key, TimeSpan now, ref PoolEffects effects)
    {
        for (PoolWaiter? waiter = key.IsFailing ? key.Waiters.First : null; waiter is not null;)
        {
            PoolWaiter? next = waiter.Next;
            if (IsHopeless(key, waiter, now))
            {
                Refuse(waiter, PoolRefusalReason.StartsFailing, now, ref effects);
            }

            waiter = next;
        }
    }

    // No worker will serve it, and the next attempt to start one comes when its time is up.
    private static bool IsHopeless(PoolKeyState key, PoolWaiter waiter, TimeSpan now) =>
        key.IsFailing && key.ReadyCount == 0 && key.StartingCount == 0 && key.RetryAt > now && key.RetryAt >= waiter.Deadline;

    private void Refuse(PoolWaiter waiter, PoolRefusalReason reason, TimeSpan now, ref PoolEffects effects)
    {
        PoolKeyState key = waiter.Key!;
        var refusal = new PoolRefusal(
            reason,
            key.Name,
            key.Limits,
            maxWorkers,
            WorkerCount,
            key.WorkerCount,
            key.StartingCount,
            key.EndingCount,
            key.WaitingCount + (waiter.List is null ? 1 : 0),
            now - (key.Waiters.First ?? waiter).Since,
            now - (waiter.AskedAt ?? waiter.Since),
            TimeToNextStart(key, now),
            key.LastFailure);
        if (waiter.List is not null)
        {
            Leave(key, waiter);
        }

        key.Counters.Refused++;
        effects.Add(new PoolEffect(PoolEffectKind.Refuse, key, Waiter: waiter, Refusal: refusal));
    }

    private static TimeSpan TimeToNextStart(PoolKeyState key, TimeSpan now) => key.IsFailing && key.RetryAt > now ? key.RetryAt - now : TimeSpan.Zero;
}
