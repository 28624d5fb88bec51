namespace Udf.Worker.Direct.Internal;

// Workers that are being started, and what follows when they cannot be.
internal sealed partial class PoolBook
{
    /// <summary>A worker is ready. It serves those who wait.</summary>
    /// <returns>Whether the pool takes it. If not, it was asked to end in the meantime: the shell ends it and reports it as gone.</returns>
    /// <exception cref="InvalidOperationException">No worker was being started for the slot.</exception>
    public bool StartSucceeded(PoolSlot slot, TimeSpan now, ref PoolEffects effects)
    {
        CheckStarting(slot);
        if (slot.State == PoolSlotState.Ending)
        {
            return false;
        }

        PoolKeyState key = slot.Key;
        CountStarting(slot, -1);
        key.ReadyCount++;
        slot.State = PoolSlotState.Ready;
        key.IsFailing = false;
        key.LastFailure = null;
        key.Counters.StartEnded(now - slot.StartedAt);
        if (key.Limits.NextAge() is { } age)
        {
            slot.ExpiresAt = Sum(now, age);
            TickBy(slot.ExpiresAt);
        }

        key.Place(slot);
        while (slot.HasRoom && key.Waiters.First is { } waiter)
        {
            Grant(slot, waiter, now, ref effects);
        }

        if (slot.SessionCount == 0)
        {
            BecameIdle(slot, now);
        }

        Changed(key, now, ref effects);
        return true;
    }

    /// <summary>A worker could not be started, and nothing is left of it.</summary>
    /// <param name="slot">Its place.</param>
    /// <param name="cause">Why; told to all who are refused while starts fail.</param>
    /// <param name="now">The time.</param>
    /// <param name="effects">What is to be done.</param>
    /// <exception cref="InvalidOperationException">No worker was being started for the slot.</exception>
    public void StartFailed(PoolSlot slot, Exception cause, TimeSpan now, ref PoolEffects effects)
    {
        CheckStarting(slot);
        PoolKeyState key = slot.Key;
        bool wasWanted = slot.State == PoolSlotState.Starting;
        Remove(slot, ref effects);
        if (wasWanted)
        {
            key.Counters.FailedStarts++;
            Failed(slot, cause, now);
            if (IsStarved(key))
            {
                RefuseAll(key, PoolRefusalReason.StartFailed, now, ref effects);
            }
        }

        SettleAll(now, ref effects);
    }

    private void Start(PoolKeyState key, TimeSpan now, bool isAhead, ref PoolEffects effects)
    {
        var slot = new PoolSlot(key, now, key.FailureCount) { Index = key.Slots.Count, IsAhead = isAhead };
        key.Slots.Add(slot);
        CountStarting(slot, 1);
        WorkerCount++;
        effects.Add(new PoolEffect(PoolEffectKind.Start, key, slot));
    }

    private static void CountStarting(PoolSlot slot, int change)
    {
        slot.Key.StartingCount += change;
        slot.Key.StartingForWaitersCount += slot.IsAhead ? 0 : change;
    }

    private void Failed(PoolSlot slot, Exception cause, TimeSpan now)
    {
        PoolKeyState key = slot.Key;
        key.LastFailure = cause;
        if (key.IsFailing && slot.FailuresBefore != key.FailureCount)
        {
            // Began together with one that has failed already.
            return;
        }

        key.IsFailing = true;
        key.FailureCount++;
        key.RetryAt = Sum(now, key.Limits.RetryDelay(key.FailureCount));
        TickBy(key.RetryAt);
    }

    private void CheckStarting(PoolSlot slot)
    {
        CheckKey(slot.Key);
        if (slot.State is not (PoolSlotState.Starting or PoolSlotState.Ending))
        {
            throw new InvalidOperationException($"The start of a {slot.Key.Name} ended that was not starting, but {slot.State}.");
        }
    }
}
