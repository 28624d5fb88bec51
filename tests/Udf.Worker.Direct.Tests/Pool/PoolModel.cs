using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>The rules of the pool, written down as plainly as can be: it hears each effect of the book, says whether it was allowed, and after each call whether something was left undone.</summary>
internal sealed class PoolModel(PoolBook book, int budget)
{
    private long _uses;

    public List<PoolModelKey> Keys { get; } = [];

    /// <summary>One entry for each session that was given out and not given back.</summary>
    public List<PoolModelWorker> Sessions { get; } = [];

    public IEnumerable<PoolModelWorker> Workers => Keys.SelectMany(key => key.Workers);

    public PoolModelWorker Find(PoolSlot slot) => Assert.Single(Workers, worker => worker.Slot == slot);

    public void Given(PoolModelWorker worker)
    {
        Assert.Same(worker.Key.Choice(), worker);
        worker.Sessions++;
        worker.Served++;
        worker.LastUsed = ++_uses;
        worker.Key.KeepsMinimum = true;
        Sessions.Add(worker);
    }

    public void TakenBack(PoolModelWorker worker, TimeSpan now, bool wasUsed)
    {
        Assert.True(Sessions.Remove(worker));
        worker.Sessions--;
        worker.Served -= wasUsed ? 0 : 1;
        worker.FullAt = worker.Sessions == 0 ? int.MaxValue : worker.FullAt;
        worker.Key.LastUsed = now;
        Used(worker, now);
    }

    public void Used(PoolModelWorker worker, TimeSpan now)
    {
        worker.LastUsed = ++_uses;
        worker.IdleSince = now;
    }

    /// <summary>Whether a key keeps its minimum no longer, because nobody has used it for so long.</summary>
    public bool LetsGoOfMinimum(PoolModelKey key, TimeSpan now) =>
        key is { KeepsMinimum: true, Phase: not PoolKeyPhase.Closed, Limits: { MinIdle: > 0, MinIdleTimeout: { } timeout } }
        && now - key.LastUsed >= timeout
        && key.Waiters.All(waiter => waiter.Deadline <= now)
        && Sessions.All(worker => worker.Key != key);

    /// <summary>
    /// Whether a worker that is given back goes to another key: one that has no worker, may start one but for the budget, and whose first caller came before those of the worker's own key; as far as no place is
    /// on its way already.
    /// </summary>
    public bool OwesPlace(PoolModelKey key, TimeSpan now)
    {
        int owed = Keys.Count(other => other != key
            && other.Waiters.Count > 0
            && !Lives(other)
            && other.MayTry(now)
            && other.Workers.Count < other.Limits.MaxWorkers
            && (key.Waiters.Count == 0 || other.Waiters[0].Number < key.Waiters[0].Number));
        int coming = Workers.Count(worker => worker.State == PoolSlotState.Ending || (worker.State == PoolSlotState.Finishing && worker.Slot.Reason == WorkerRetireReason.Evicted));
        return Workers.Count() == budget && owed > coming;
    }

    public void Hear(PoolEffects effects, TimeSpan now, TestWaiter? asking = null)
    {
        SyncFinishing();
        for (int index = 0; index < effects.Count; index++)
        {
            PoolEffect effect = effects[index];
            PoolModelKey key = Assert.Single(Keys, key => key.State == effect.Key);
            switch (effect.Kind)
            {
                case PoolEffectKind.Start:
                    HearStart(key, effect.Slot!, now);
                    break;
                case PoolEffectKind.End:
                    HearEnd(Find(effect.Slot!), now);
                    break;
                case PoolEffectKind.Grant:
                    var granted = (TestWaiter)effect.Waiter!;
                    Assert.Same(key.Waiters[0], granted);
                    Answered(key, granted);
                    granted.Slot = effect.Slot;
                    PoolModelWorker worker = Find(effect.Slot!);
                    Assert.Same(key, worker.Key);
                    Given(worker);
                    break;
                case PoolEffectKind.Refuse:
                    HearRefusal(key, (TestWaiter)effect.Waiter!, effect.Refusal!, now, asking);
                    break;
                case PoolEffectKind.Emptied:
                    Assert.NotEqual(PoolKeyPhase.Open, key.Phase);
                    Assert.Empty(key.Workers);
                    break;
                default:
                    Assert.Fail($"Unknown effect {effect.Kind}.");
                    break;
            }
        }
    }

    private void HearStart(PoolModelKey key, PoolSlot slot, TimeSpan now)
    {
        Assert.Same(key.State, slot.Key);
        Assert.True(key.MayTry(now), "A start in a key that may not try.");
        Assert.True(key.Workers.Count < key.Limits.MaxWorkers, "A start beyond the limit of the key.");
        Assert.True(Workers.Count() < budget, "A start beyond the budget.");
        Assert.True(key.Count(PoolSlotState.Starting) < key.StartsForWaiters || key.Ahead < key.Minimum, "A start without demand.");
        Assert.DoesNotContain(Workers, worker => worker.Slot == slot);
        AssertSenior(key, now);
        key.Workers.Add(new PoolModelWorker(slot, key));
    }

    // A start for a waiter is for the one of all keys that has waited longest and may have one; a start ahead takes no waiter's place.
    private void AssertSenior(PoolModelKey key, TimeSpan now)
    {
        TestWaiter[] entitled = [.. Keys.Where(other => other.MayTry(now) && other.Workers.Count < other.Limits.MaxWorkers).Select(FirstUncovered).OfType<TestWaiter>()];
        if (entitled.MinBy(waiter => waiter.Number) is { } senior)
        {
            Assert.Same(senior, FirstUncovered(key));
        }
    }

    private static TestWaiter? FirstUncovered(PoolModelKey key) => key.Waiters.Skip(key.Count(PoolSlotState.Starting) * key.SessionsOfNewWorker).FirstOrDefault();

    private void HearEnd(PoolModelWorker worker, TimeSpan now)
    {
        Assert.NotEqual(PoolSlotState.Ending, worker.State);
        WorkerRetireReason reason = worker.Slot.Reason;
        if (reason is not (WorkerRetireReason.Died or WorkerRetireReason.Closed))
        {
            Assert.Equal(0, worker.Sessions);
        }

        if (reason == WorkerRetireReason.Idle)
        {
            Assert.True(worker.IsIdle && now - worker.IdleSince >= worker.Key.Limits.IdleTimeout, "Idle too early.");
            Assert.True(worker.Key.Workers.Where(other => other.IsIdle).All(other => other.IdleSince >= worker.IdleSince), "Not the one that was used least recently.");
            Assert.True(worker.Key.Workers.Count(other => other.IsIdle) > worker.Key.Minimum, "The minimum is kept.");
        }

        if (reason == WorkerRetireReason.NotNeeded)
        {
            Assert.Equal(PoolSlotState.Starting, worker.State);
            Assert.True(worker.Key.Count(PoolSlotState.Starting) > worker.Key.StartsForWaiters, "A start that somebody waits for.");
            Assert.True(worker.Key.Ahead > worker.Key.Minimum, "The minimum is kept.");
        }

        if (reason == WorkerRetireReason.Evicted && worker.State == PoolSlotState.Ready)
        {
            Assert.Equal(budget, Workers.Count());
            Assert.Contains(Keys, key => key != worker.Key && key.Waiters.Count > 0);
        }

        worker.State = PoolSlotState.Ending;
    }

    private static void HearRefusal(PoolModelKey key, TestWaiter waiter, PoolRefusal refusal, TimeSpan now, TestWaiter? asking)
    {
        Assert.Contains(waiter, key.Waiters);
        Assert.Equal(key.Waiters.Count, refusal.WaitingCount);
        Assert.Equal(now - key.Waiters[0].Since, refusal.LongestWait);
        Assert.Equal(key.Workers.Count, refusal.WorkerCount);
        Assert.DoesNotContain(key.Workers, worker => worker.HasRoom && key.Phase == PoolKeyPhase.Open);
        bool isLast = waiter == asking;
        Assert.True(
            refusal.Reason switch
            {
                PoolRefusalReason.TooManyWaiting => isLast && key.Waiters.Count > key.Limits.MaxWaiting,
                PoolRefusalReason.TimedOut => waiter.Deadline <= now,
                PoolRefusalReason.StartFailed => key.IsFailing && !Lives(key) && refusal.Cause is not null,
                PoolRefusalReason.StartsFailing => key.IsFailing && !Lives(key) && key.State.RetryAt >= waiter.Deadline && refusal.Cause is not null,
                PoolRefusalReason.Draining => key.Phase == PoolKeyPhase.Draining,
                PoolRefusalReason.Closed => key.Phase == PoolKeyPhase.Closed,
                _ => false,
            },
            $"Refused without cause: {refusal.Reason}.");
        Assert.NotEmpty(refusal.ToException().Message);
        Answered(key, waiter);
        waiter.Refusal = refusal;
    }

    private static bool Lives(PoolModelKey key) => key.Workers.Any(worker => worker.State is PoolSlotState.Starting or PoolSlotState.Ready);

    private static void Answered(PoolModelKey key, TestWaiter waiter)
    {
        Assert.True(waiter.IsWaiting, "Two answers.");
        Assert.True(key.Waiters.Remove(waiter));
    }

    // That a worker takes no more sessions is the one thing that the shell is not told.
    private void SyncFinishing()
    {
        foreach (PoolModelWorker worker in Workers)
        {
            if (worker.State == PoolSlotState.Ready && (worker.Slot.State == PoolSlotState.Finishing || (worker.Slot.State == PoolSlotState.Ending && worker.Sessions > 0)))
            {
                worker.State = PoolSlotState.Finishing;
            }
        }
    }

    /// <summary>What holds between two calls.</summary>
    public void Check(TimeSpan now)
    {
        Assert.Equal(Workers.Count(), book.WorkerCount);
        Assert.True(book.WorkerCount <= budget);
        int wanted = 0;
        foreach (PoolModelKey key in Keys)
        {
            CheckKey(key, now);
            int missing = key.MayTry(now) ? Math.Min(key.IsFailing ? 1 : int.MaxValue, key.StartsForWaiters - key.Count(PoolSlotState.Starting)) : 0;
            wanted += Math.Clamp(missing, 0, key.Limits.MaxWorkers - key.Workers.Count + key.Count(PoolSlotState.Ending));
        }

        if (Workers.Count() == budget)
        {
            Assert.False(wanted > Workers.Count(worker => worker.State == PoolSlotState.Ending) && Workers.Any(worker => worker.IsIdle), "Somebody waits for the budget while a worker is idle.");
        }
    }

    private void CheckKey(PoolModelKey key, TimeSpan now)
    {
        // What is due may wait for a tick, if that was asked for.
        bool isQuiet = book.NextTick > now;
        Assert.False(isQuiet && LetsGoOfMinimum(key, now) && key.Workers.Any(worker => worker.IsIdle), "The minimum of a key that nobody uses is kept.");
        foreach (PoolModelWorker worker in key.Workers)
        {
            Assert.Equal(worker.State, worker.Slot.State);
            Assert.Equal(worker.Sessions, worker.Slot.SessionCount);
            Assert.True(worker.Sessions <= key.Limits.SessionsPerWorker && worker.Served <= key.Limits.MaxSessions);
            Assert.False(isQuiet && worker.State == PoolSlotState.Ready && worker.Slot.ExpiresAt <= now, "A worker that is too old is kept.");
            Assert.False(
                isQuiet && worker.IsIdle && now - worker.IdleSince >= key.Limits.IdleTimeout && key.Workers.Count(other => other.IsIdle) > (key.KeepsMinimum ? key.Limits.MinIdle : 0),
                "A worker that was idle for too long is kept.");
        }

        WorkerPoolStatistics seen = book.Snapshot(key.State, null, now);
        Assert.Equal(key.Workers.Count(worker => worker.IsIdle), seen.IdleCount);
        Assert.Equal(key.Count(PoolSlotState.Starting), seen.StartingCount);
        Assert.Equal(key.Count(PoolSlotState.Ending), seen.EndingCount);
        Assert.Equal(key.Waiters.Count, seen.WaitingCount);
        Assert.Equal(Sessions.Count(worker => worker.Key == key), seen.SessionCount);
        Assert.True(key.Workers.Count <= key.Limits.MaxWorkers);

        Assert.False(key.Waiters.Count > 0 && key.Choice() is not null, "Somebody waits while a worker has room.");
        Assert.DoesNotContain(key.Waiters, waiter => waiter.Deadline <= now);
        bool canBegin = key.MayTry(now) && key.Workers.Count < key.Limits.MaxWorkers && Workers.Count() < budget;
        Assert.False(canBegin && key.Count(PoolSlotState.Starting) < key.StartsForWaiters, "Somebody waits while a worker could be started.");
        Assert.False(canBegin && key.Ahead < (key.KeepsMinimum ? key.Limits.MinIdle : 0), "The minimum is not kept.");
        Assert.False(
            key.IsFailing && now < key.State.RetryAt && !Lives(key) && key.Waiters.Any(waiter => waiter.Deadline <= key.State.RetryAt),
            "Somebody waits for an attempt that comes too late.");
    }
}
