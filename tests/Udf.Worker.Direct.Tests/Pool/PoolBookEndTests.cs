using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>When workers leave, and what is asked of a whole key.</summary>
public class PoolBookEndTests
{
    [Fact]
    public void Tick_IdleForTooLong_TheOneUsedLeastRecentlyGoesFirst()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { IdleTimeout = TimeSpan.FromSeconds(10) });
        PoolSlot older = rig.Leased(key);
        PoolSlot newer = rig.Leased(key);
        rig.Release(older);
        rig.Advance(4);
        rig.Release(newer);

        rig.Advance(5.999);
        Assert.Empty(rig.Ends);
        rig.Advance(0.001);
        Assert.Same(older, Assert.Single(rig.Ends));
        rig.Advance(4);
        Assert.Equal([older, newer], rig.Ends);
        Assert.All(rig.Ends, slot => Assert.Equal(WorkerRetireReason.Idle, slot.Reason));
        Assert.Equal(2, rig.Statistics(key).RetiredCounts[WorkerRetireReason.Idle]);
    }

    [Fact]
    public void MinimumIdle_OnceUsed_IsKeptAndRefilled()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MinIdle = 2, MaxWorkers = 3 });
        Assert.Empty(rig.Starts);
        TestWaiter waiter = rig.Wait(key);
        Assert.Equal(3, rig.Starts.Count);
        foreach (PoolSlot slot in rig.Starts.ToArray())
        {
            rig.StartSucceeded(slot);
        }

        rig.Release(waiter.Slot!);
        rig.Advance(3600);

        Assert.Equal(2, rig.Statistics(key).IdleCount);
        rig.Gone(Assert.Single(rig.Ends));
        rig.TryAcquire(key);
        Assert.Single(rig.Starts);
    }

    [Fact]
    public void Release_OlderThanItMayBe_EndsAndAnotherIsStarted()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxAge = TimeSpan.FromSeconds(100), MaxWorkers = 2 });
        PoolSlot slot = rig.Leased(key);
        rig.Advance(100);

        Assert.Equal(PoolSlotState.Finishing, slot.State);
        Assert.Null(rig.TryAcquire(key));
        TestWaiter waiter = rig.Wait(key);
        rig.StartSucceeded(Assert.Single(rig.Starts));
        Assert.NotNull(waiter.Slot);
        rig.Release(slot);
        Assert.Equal(WorkerRetireReason.Age, Assert.Single(rig.Ends).Reason);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(0.5, 95)]
    [InlineData(1, 90)]
    public void NextAge_RandomPart_TakesUpToOneTenthOff(double random, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new PoolLimits { MaxAge = TimeSpan.FromSeconds(100), NextRandom = () => random }.NextAge());

    [Fact]
    public void Release_AsManySessionsAsItMayServe_Ends()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxSessions = 2 });
        PoolSlot slot = rig.Ready(key);
        Assert.Same(slot, rig.TryAcquire(key));

        rig.Release(slot);

        Assert.Equal(WorkerRetireReason.Sessions, Assert.Single(rig.Ends).Reason);
    }

    [Fact]
    public void Release_NotUsed_DoesNotCountAsASession()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(PoolLimits.From(new WorkerPoolOptions { SessionsPerWorker = 4 }, isReused: false, isConcurrent: true, () => 0));
        PoolSlot slot = rig.Leased(key);
        rig.Release(slot, wasUsed: false);
        Assert.Equal(0, rig.Statistics(key).AcquiredCount);

        Assert.Same(slot, rig.TryAcquire(key));
        rig.Release(slot);
        Assert.Equal(WorkerRetireReason.NoReuse, Assert.Single(rig.Ends).Reason);
    }

    [Fact]
    public void ReleaseBroken_OthersRunOnIt_TakesNoMoreAndEndsWithTheLast()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { SessionsPerWorker = 3 });
        PoolSlot slot = rig.Leased(key);
        rig.TryAcquire(key);

        rig.Release(slot, WorkerRetireReason.Broken);
        Assert.Empty(rig.Ends);
        Assert.Null(rig.TryAcquire(key));
        rig.Release(slot);

        Assert.Equal(WorkerRetireReason.Broken, Assert.Single(rig.Ends).Reason);
    }

    [Fact]
    public void Lost_WithSessions_EndsAtOnceAndTakesThemBackEvenWhenItIsGone()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { SessionsPerWorker = 2, MaxWorkers = 1 });
        PoolSlot slot = rig.Leased(key);
        rig.TryAcquire(key);
        TestWaiter waiter = rig.Wait(key);

        rig.Lost(slot);
        Assert.Equal(WorkerRetireReason.Died, Assert.Single(rig.Ends).Reason);
        rig.Release(slot, WorkerRetireReason.Broken);
        Assert.Empty(rig.Starts);
        rig.Gone(slot);
        Assert.Single(rig.Starts);
        rig.Release(slot, WorkerRetireReason.Broken);

        Assert.True(waiter.IsWaiting);
        Assert.Equal(0, rig.Statistics(key).SessionCount);
        Assert.Throws<InvalidOperationException>(() => rig.Release(slot));
    }

    [Fact]
    public void Replace_BusyAndIdle_OldOnesFinishAndNewSessionsGetNewOnes()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        PoolSlot busy = rig.Leased(key);
        PoolSlot idle = rig.Ready(key);

        rig.Replace(key);

        Assert.Same(idle, Assert.Single(rig.Ends));
        PoolSlot fresh = rig.Leased(key);
        Assert.NotSame(busy, fresh);
        rig.Release(busy);
        Assert.All(rig.Ends, slot => Assert.Equal(WorkerRetireReason.Replaced, slot.Reason));
        Assert.Equal([idle, busy], rig.Ends);
    }

    [Fact]
    public void Drain_BusyAndIdle_RefusesNewSessionsAndSaysWhenItIsEmpty()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 2 });
        PoolSlot busy = rig.Leased(key);
        PoolSlot idle = rig.Ready(key);
        rig.TryAcquire(key);
        TestWaiter waiter = rig.Wait(key);
        rig.Release(idle);
        rig.Release(idle);

        rig.Drain(key);

        Assert.NotNull(waiter.Slot);
        Assert.Null(rig.TryAcquire(key));
        Assert.Equal(PoolRefusalReason.Draining, rig.Wait(key).Refusal?.Reason);
        rig.Gone(idle);
        rig.Release(busy);
        Assert.Empty(rig.Emptied);
        rig.Gone(busy);
        Assert.Same(key, Assert.Single(rig.Emptied));
        Assert.Equal(1, rig.Book.KeyCount);
    }

    [Fact]
    public void Close_WithSessionsAndWaiters_EndsAllAtOnceAndForgetsTheKey()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 1 });
        PoolSlot busy = rig.Leased(key);
        TestWaiter waiter = rig.Wait(key);

        rig.Close(key);

        Assert.Equal(PoolRefusalReason.Closed, waiter.Refusal?.Reason);
        Assert.Same(busy, Assert.Single(rig.Ends));
        rig.Release(busy);
        rig.Gone(busy);
        Assert.Single(rig.Emptied);
        Assert.Equal(0, rig.Book.KeyCount);
        Assert.Equal(PoolRefusalReason.Closed, rig.Wait(key).Refusal?.Reason);
    }

    [Fact]
    public void TryForget_StartsHaveFailed_TheyAreRememberedBeyondTheNextAttempt()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { StartRetryDelay = TimeSpan.FromSeconds(1), MaximumStartRetryDelay = TimeSpan.FromSeconds(8), NextRandom = static () => 0 });
        rig.Wait(key);
        rig.StartFailed(rig.Starts.Single());
        rig.Advance(2);
        Assert.False(rig.Book.TryForget(key, rig.Now));

        // Callers come one at a time: the second failure in a row is waited for twice as long.
        rig.Wait(key);
        rig.StartFailed(rig.Starts.Last());
        Assert.Equal(TimeSpan.FromSeconds(2), rig.Book.Snapshot(key, null, rig.Now).TimeToNextStart);
        rig.Advance(9);
        Assert.False(rig.Book.TryForget(key, rig.Now));

        rig.Advance(1);
        Assert.True(rig.Book.TryForget(key, rig.Now));
    }

    [Fact]
    public void TryForget_OnlyWhenNothingIsLeftToRemember()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MinIdle = 1 });
        rig.WarmUp(key, 2);
        PoolSlot[] slots = [.. rig.Starts];
        Assert.Equal(2, slots.Length);
        rig.StartSucceeded(slots[0]);
        rig.StartSucceeded(slots[1]);
        Assert.False(rig.Book.TryForget(key, rig.Now));

        rig.Book.GiveUpMinimum(key, rig.Now);
        rig.Advance(60);
        Assert.False(rig.Book.TryForget(key, rig.Now));
        rig.Gone(slots[0]);
        rig.Gone(slots[1]);

        Assert.True(rig.Book.TryForget(key, rig.Now));
        Assert.Equal(0, rig.Book.KeyCount);
        Assert.Equal(PoolRefusalReason.Closed, rig.Wait(key).Refusal?.Reason);
        Assert.Equal(TimeSpan.MaxValue, NextTickAfterTick(rig));
    }

    [Fact]
    public void WarmUp_BeyondTheLimit_StartsWhatItMay()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 3 });

        Assert.Equal(3, rig.WarmUp(key, 5));
        Assert.Equal(3, rig.Starts.Count);
        Assert.Equal(3, rig.WarmUp(key, 2));
        Assert.Equal(3, rig.Starts.Count);
    }

    [Fact]
    public void Statistics_AfterSomeWork_SayWhatHappened()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 1 });
        TestWaiter first = rig.Wait(key);
        rig.Advance(2);
        rig.StartSucceeded(rig.Starts[0]);
        TestWaiter second = rig.Wait(key);
        rig.Advance(3);
        rig.Release(first.Slot!);
        rig.Wait(key, 4);
        rig.Wait(key);
        rig.Advance(5);

        WorkerPoolStatistics seen = rig.Statistics(key);
        Assert.NotNull(second.Slot);
        Assert.Equal((0, 1, 0, 0, 1), (seen.IdleCount, seen.ActiveCount, seen.StartingCount, seen.EndingCount, seen.SessionCount));
        Assert.Equal((1, TimeSpan.FromSeconds(5)), (seen.WaitingCount, seen.FirstWaitingTime));
        Assert.Equal((2, 2, 1), (seen.AcquiredCount, seen.WaitedCount, seen.RefusedCount));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3)), (seen.TotalWaitingTime, seen.LongestWaitingTime));
        Assert.Equal((1, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)), (seen.StartedCount, seen.TotalStartTime, seen.LongestStartTime));
        Assert.Empty(seen.RetiredCounts);
    }

    [Fact]
    public void Misuse_OfAnySort_ThrowsAndChangesNothing()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        TestWaiter waiter = rig.Wait(key);
        PoolSlot slot = rig.Starts[0];
        Assert.Throws<InvalidOperationException>(() => rig.Gone(slot));
        Assert.Throws<InvalidOperationException>(() => rig.Lost(slot));
        rig.StartSucceeded(slot);
        rig.Release(slot);

        Assert.Throws<InvalidOperationException>(() => rig.Release(slot));
        Assert.Throws<InvalidOperationException>(() => rig.Release(slot, WorkerRetireReason.Broken));
        Assert.Throws<InvalidOperationException>(() => rig.StartSucceeded(slot));
        Assert.Throws<InvalidOperationException>(() => rig.StartFailed(slot));
        Assert.Throws<InvalidOperationException>(() => Again(waiter));
        Assert.Throws<InvalidOperationException>(() => new BookRig().TryAcquire(key));

        Assert.Same(slot, rig.TryAcquire(key));
        Assert.Equal(1, rig.Statistics(key).SessionCount);

        void Again(TestWaiter same)
        {
            var effects = default(PoolEffects);
            rig.Book.Wait(key, same, rig.Now, rig.Now, ref effects);
        }
    }

    private static TimeSpan NextTickAfterTick(BookRig rig)
    {
        var effects = default(PoolEffects);
        rig.Book.Tick(rig.Now, ref effects);
        return rig.Book.NextTick;
    }
}
