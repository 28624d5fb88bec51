using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Which worker a session gets, and in which order callers get theirs.</summary>
public class PoolBookChoiceTests
{
    [Fact]
    public void TryAcquire_SeveralIdle_TakesTheOneUsedLast()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        PoolSlot[] slots = [rig.Leased(key), rig.Leased(key), rig.Leased(key)];
        foreach (int index in new[] { 2, 0, 1 })
        {
            rig.Release(slots[index]);
        }

        Assert.Same(slots[1], rig.TryAcquire(key));
        Assert.Same(slots[0], rig.TryAcquire(key));
        Assert.Same(slots[2], rig.TryAcquire(key));
        Assert.Null(rig.TryAcquire(key));
    }

    [Fact]
    public void TryAcquire_SameCallerAgainAndAgain_StaysOnOneWorker()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        PoolSlot other = rig.Leased(key);
        PoolSlot first = rig.Leased(key);
        rig.Release(other);
        rig.Release(first);

        for (int round = 0; round < 5; round++)
        {
            Assert.Same(first, rig.TryAcquire(key));
            rig.Release(first);
        }
    }

    [Fact]
    public void TryAcquire_SeveralSessionsAWorker_TakesTheLeastLoaded()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { SessionsPerWorker = 2 });
        PoolSlot full = rig.Leased(key);
        Assert.Same(full, rig.TryAcquire(key));
        PoolSlot half = rig.Leased(key);
        PoolSlot idle = half;
        Assert.Same(half, rig.TryAcquire(key));
        idle = rig.Leased(key);
        rig.Release(idle);
        rig.Release(half);

        Assert.Same(idle, rig.TryAcquire(key));
        rig.Release(full);
        Assert.Same(full, rig.TryAcquire(key));
    }

    [Fact]
    public void Wait_SeveralSessionsAWorker_OneStartServesThemAll()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { SessionsPerWorker = 3 });
        TestWaiter[] waiters = [rig.Wait(key), rig.Wait(key), rig.Wait(key), rig.Wait(key)];
        Assert.Equal(2, rig.Starts.Count);

        PoolSlot first = rig.Starts[0];
        rig.StartSucceeded(first);

        Assert.All(waiters[..3], waiter => Assert.Same(first, waiter.Slot));
        Assert.True(waiters[3].IsWaiting);
    }

    [Fact]
    public void Release_SeveralWait_ServesInOrderOfArrival()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 1 });
        PoolSlot slot = rig.Leased(key);
        TestWaiter[] waiters = [rig.Wait(key), rig.Wait(key), rig.Wait(key)];
        Assert.Null(rig.TryAcquire(key));

        foreach (TestWaiter waiter in waiters)
        {
            Assert.True(waiter.IsWaiting);
            rig.Release(slot);
            Assert.Same(slot, waiter.Slot);
        }
    }

    [Fact]
    public void Cancel_InTheMiddle_LeavesNoTrace()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 1 });
        PoolSlot slot = rig.Leased(key);
        TestWaiter[] waiters = [rig.Wait(key), rig.Wait(key), rig.Wait(key)];

        Assert.True(rig.Cancel(waiters[1]));
        Assert.False(rig.Cancel(waiters[1]));

        Assert.Equal(2, rig.Statistics(key).WaitingCount);
        rig.Release(slot);
        Assert.False(rig.Cancel(waiters[0]));
        rig.Release(slot);
        Assert.Same(slot, waiters[2].Slot);
        rig.Advance(60);
        Assert.True(waiters[1].IsWaiting);
    }

    [Fact]
    public void Cancel_AStartWasForThisWaiterAlone_IsEnded()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        TestWaiter[] waiters = [rig.Wait(key), rig.Wait(key)];
        PoolSlot[] starts = [.. rig.Starts];
        Assert.Equal(2, starts.Length);

        Assert.True(rig.Cancel(waiters[0]));

        Assert.Equal([starts[1]], rig.Ends);
        Assert.Equal(WorkerRetireReason.NotNeeded, starts[1].Reason);
        rig.StartSucceeded(starts[0]);
        Assert.Same(starts[0], waiters[1].Slot);
    }

    [Fact]
    public void Cancel_TheStartIsForTheMinimumOrAhead_GoesOn()
    {
        var rig = new BookRig();
        PoolKeyState kept = rig.Open(new PoolLimits { MinIdle = 1 });
        Assert.True(rig.Cancel(rig.Wait(kept)));
        Assert.Single(rig.Starts);
        PoolKeyState warm = rig.Open();
        rig.WarmUp(warm, 2);
        Assert.True(rig.Cancel(rig.Wait(warm)));

        Assert.Equal((1, 2), (kept.StartingCount, warm.StartingCount));
    }

    [Fact]
    public void MinIdleTimeout_NoSessionComes_TheMinimumIsGivenUp()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MinIdle = 1, IdleTimeout = TimeSpan.FromSeconds(10), MinIdleTimeout = TimeSpan.FromSeconds(100) });
        TestWaiter waiter = rig.Wait(key);
        foreach (PoolSlot start in rig.Starts.ToArray())
        {
            rig.StartSucceeded(start);
        }

        rig.Advance(200);
        Assert.Equal(1, key.IdleCount);
        rig.Release(waiter.Slot!);

        rig.Advance(99);
        Assert.Equal(1, key.IdleCount);
        rig.Advance(1);

        Assert.Equal(0, key.IdleCount);
        foreach (PoolSlot gone in rig.Ends.ToArray())
        {
            rig.Gone(gone);
        }

        Assert.True(rig.Book.TryForget(key, rig.Now));
    }

    [Fact]
    public void Wait_WorkerComesBackBeforeTheStartEnds_TheStartGoesOnAndBecomesIdle()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        PoolSlot slot = rig.Leased(key);
        TestWaiter waiter = rig.Wait(key);
        rig.Release(slot);

        Assert.Same(slot, waiter.Slot);
        Assert.True(rig.StartSucceeded(Assert.Single(rig.Starts)));
        Assert.Equal(1, rig.Statistics(key).IdleCount);
    }

    [Fact]
    public void Wait_AnotherScopeHasIdleWorkers_StartsItsOwn()
    {
        var rig = new BookRig();
        PoolKeyState alice = rig.Open();
        PoolKeyState bob = rig.Open();
        PoolSlot hers = rig.Ready(alice);

        Assert.Null(rig.TryAcquire(bob));
        TestWaiter waiter = rig.Wait(bob);

        PoolSlot his = Assert.Single(rig.Starts);
        Assert.Same(bob, his.Key);
        rig.StartSucceeded(his);
        Assert.Same(his, waiter.Slot);
        Assert.Equal(0, hers.SessionCount);
    }

    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(1, 1, true)]
    [InlineData(2, 2, true)]
    public void Wait_AsManyWaitAsMay_IsRefusedWithTheNumbers(int maxWaiting, int callers, bool isFull)
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 1, MaxWaiting = maxWaiting });
        rig.Leased(key);
        for (int caller = 0; isFull && caller < callers; caller++)
        {
            Assert.True(rig.Wait(key).IsWaiting);
        }

        rig.Advance(2);
        PoolRefusal refusal = Assert.IsType<PoolRefusal>(rig.Wait(key).Refusal);

        Assert.Equal(PoolRefusalReason.TooManyWaiting, refusal.Reason);
        WorkerPoolExhaustedException exception = refusal.ToException();
        Assert.True(exception.IsTransient);
        Assert.Equal("WorkerPoolOptions.MaxWaiting", exception.Setting);
        Assert.Equal(maxWaiting + 1, exception.WaitingCount);
        Assert.Equal(TimeSpan.FromSeconds(isFull ? 2 : 0), exception.LongestWait);
        Assert.Equal(
            $"No worker 'w' was free: {maxWaiting} callers wait already (WorkerPoolOptions.MaxWaiting is {maxWaiting}). It has 1 of 1 workers (WorkerPoolOptions.MaxWorkers), 0 of them starting and 0 ending; "
            + $"{maxWaiting + 1} callers wait, the first for {(isFull ? 2 : 0)} s. Raise what is used up, close sessions sooner, or send less.",
            exception.Message);
    }

    [Fact]
    public void Wait_MaxWaitingIsZeroAndAWorkerCanBeStarted_Waits()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 2, MaxWaiting = 0 });

        Assert.True(rig.Wait(key).IsWaiting);
        Assert.True(rig.Wait(key).IsWaiting);
        Assert.NotNull(rig.Wait(key).Refusal);
    }

    [Fact]
    public void Tick_DeadlinesOfSeveral_RefusesEachAtItsOwn()
    {
        var rig = new BookRig(budget: 1);
        PoolKeyState key = rig.Open();
        rig.Leased(key);
        TestWaiter patient = rig.Wait(key, 30);
        TestWaiter hasty = rig.Wait(key, 5);

        rig.Advance(4.999);
        Assert.True(hasty.IsWaiting);
        rig.Advance(0.001);

        Assert.Equal(PoolRefusalReason.TimedOut, hasty.Refusal?.Reason);
        Assert.Contains("none became so within 5 s (WorkerPoolOptions.AcquireTimeout)", hasty.Refusal!.ToException().Message, StringComparison.Ordinal);
        Assert.Contains("1 of 1 places of the budget are taken (WorkerBudget.MaxWorkers)", hasty.Refusal.ToException().Message, StringComparison.Ordinal);
        Assert.True(patient.IsWaiting);
        rig.Advance(25);
        Assert.Equal(PoolRefusalReason.TimedOut, patient.Refusal?.Reason);
    }

    [Fact]
    public void AcquireAndRelease_WorkerWithRoom_AllocatesNothing()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { SessionsPerWorker = 4 });
        rig.Ready(key);
        Cycle();
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int round = 0; round < 1000; round++)
        {
            Cycle();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Cycle()
        {
            var effects = default(PoolEffects);
            PoolSlot slot = rig.Book.TryAcquire(key, rig.Now, ref effects)!;
            rig.Book.Release(slot, rig.Now, ref effects);
        }
    }
}
