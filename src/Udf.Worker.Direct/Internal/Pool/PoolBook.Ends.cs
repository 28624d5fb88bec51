namespace Udf.Worker.Direct.Internal;

// Workers that leave.
internal sealed partial class PoolBook
{
    /// <summary>Takes a worker out: one that has no sessions ends at once, as does one that starts; another when those it has are over. Without effect on one that is leaving already.</summary>
    /// <param name="slot">The worker.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="effects">What is to be done.</param>
    public void Retire(PoolSlot slot, WorkerRetireReason reason, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(slot.Key);
        RetireUnsettled(slot, reason, ref effects);
        Changed(slot.Key, now, ref effects);
    }

    /// <summary>
    /// A worker was found to be lost: its process has ended, or its connection. It ends now, whatever runs on it; its sessions are given back as any others. One that dies before its first session counts as
    /// a start that failed, so that workers that are kept ahead and die are not started over and over.
    /// </summary>
    /// <returns>Whether this was news: not if the worker is ending already.</returns>
    /// <exception cref="InvalidOperationException">The worker is still being started.</exception>
    public bool Lost(PoolSlot slot, Exception cause, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(slot.Key);
        switch (slot.State)
        {
            case PoolSlotState.Ending or PoolSlotState.Gone:
                return false;
            case PoolSlotState.Starting:
                throw new InvalidOperationException($"A {slot.Key.Name} was lost that is still being started; its start fails instead.");
            case PoolSlotState.Ready or PoolSlotState.Finishing:
                if (slot.ServedCount == 0)
                {
                    Failed(slot, cause, now);
                }

                End(slot, WorkerRetireReason.Died, ref effects);
                Changed(slot.Key, now, ref effects);
                return true;
            default:
                throw new InvalidOperationException($"Unknown state {slot.State}.");
        }
    }

    /// <summary>Nothing is left of a worker: its place is free.</summary>
    /// <exception cref="InvalidOperationException">The worker was not being ended.</exception>
    public void Gone(PoolSlot slot, TimeSpan now, ref PoolEffects effects)
    {
        CheckKey(slot.Key);
        if (slot.State != PoolSlotState.Ending)
        {
            throw new InvalidOperationException($"A {slot.Key.Name} is gone that was not ending, but {slot.State}.");
        }

        Remove(slot, ref effects);
        SettleAll(now, ref effects);
    }

    private void RetireUnsettled(PoolSlot slot, WorkerRetireReason reason, ref PoolEffects effects)
    {
        if (slot.State == PoolSlotState.Starting || (slot.State == PoolSlotState.Ready && slot.SessionCount == 0))
        {
            End(slot, reason, ref effects);
        }
        else if (slot.State == PoolSlotState.Ready)
        {
            PoolKeyState.Hide(slot);
            slot.State = PoolSlotState.Finishing;
            slot.Reason = reason;
            slot.Key.ReadyCount--;
            _yieldingCount += reason == WorkerRetireReason.Evicted ? 1 : 0;
        }
    }

    private void Finish(PoolSlot slot, ref PoolEffects effects)
    {
        if (slot.SessionCount == 0)
        {
            End(slot, slot.Reason, ref effects);
        }
    }

    private void End(PoolSlot slot, WorkerRetireReason reason, ref PoolEffects effects)
    {
        PoolKeyState key = slot.Key;
        PoolKeyState.Hide(slot);
        switch (slot.State)
        {
            case PoolSlotState.Starting:
                CountStarting(slot, -1);
                break;
            case PoolSlotState.Ready:
                key.ReadyCount--;
                break;
            case PoolSlotState.Finishing:
                _yieldingCount -= slot.Reason == WorkerRetireReason.Evicted ? 1 : 0;
                break;
            default:
                throw new InvalidOperationException($"A worker ends once; this one is {slot.State}.");
        }

        slot.State = PoolSlotState.Ending;
        slot.Reason = reason;
        key.EndingCount++;
        _endingCount++;
        key.Counters.Retired(reason);
        effects.Add(new PoolEffect(PoolEffectKind.End, key, slot));
    }

    private void Remove(PoolSlot slot, ref PoolEffects effects)
    {
        PoolKeyState key = slot.Key;
        if (slot.State == PoolSlotState.Starting)
        {
            CountStarting(slot, -1);
        }
        else
        {
            key.EndingCount--;
            _endingCount--;
        }

        slot.State = PoolSlotState.Gone;
        PoolSlot last = key.Slots[^1];
        key.Slots[slot.Index] = last;
        last.Index = slot.Index;
        key.Slots.RemoveAt(key.Slots.Count - 1);
        WorkerCount--;
        Empty(key, ref effects);
    }
}
