using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Keys that share a budget.</summary>
public class PoolBookBudgetTests
{
    [Fact]
    public void Wait_BudgetFullAndAnotherKeyIdle_EvictsTheLongestIdleAndStartsWhenItIsGone()
    {
        var rig = new BookRig(budget: 2);
        PoolKeyState first = rig.Open();
        PoolKeyState second = rig.Open();
        PoolKeyState third = rig.Open();
        PoolSlot oldest = rig.Ready(first);
        rig.Advance(1);
        PoolSlot newer = rig.Ready(second);

        TestWaiter waiter = rig.Wait(third);

        Assert.Same(oldest, Assert.Single(rig.Ends));
        Assert.Equal(WorkerRetireReason.Evicted, oldest.Reason);
        Assert.Empty(rig.Starts);
        rig.Gone(oldest);
        Assert.Same(third, Assert.Single(rig.Starts).Key);
        rig.StartSucceeded(rig.Starts[0]);
        Assert.NotNull(waiter.Slot);
        Assert.Equal(PoolSlotState.Ready, newer.State);
    }

    [Fact]
    public void Wait_OneIsBeingEvicted_TheNextCallerTakesAnother()
    {
        var rig = new BookRig(budget: 2);
        PoolKeyState idle = rig.Open();
        PoolKeyState busy = rig.Open();
        PoolSlot one = rig.Leased(idle);
        rig.Ready(idle);
        rig.Release(one);

        rig.Wait(busy);
        Assert.Single(rig.Ends);
        rig.Wait(busy);
        Assert.Equal(2, rig.Ends.Count);
    }

    [Fact]
    public void Gone_SeveralKeysWait_TheCallerThatHasWaitedLongestGetsThePlace()
    {
        var rig = new BookRig(budget: 1);
        PoolKeyState owner = rig.Open();
        PoolKeyState early = rig.Open();
        PoolKeyState late = rig.Open();
        PoolSlot slot = rig.Leased(owner);
        rig.Wait(early);
        rig.Wait(late);
        rig.Wait(owner);

        rig.Lost(slot);
        rig.Gone(slot);

        Assert.Same(early, Assert.Single(rig.Starts).Key);
    }

    [Fact]
    public void Release_AKeyWithoutAnyWorkerHasWaitedLonger_GetsThePlace()
    {
        var rig = new BookRig(budget: 1);
        PoolKeyState busy = rig.Open();
        PoolKeyState starved = rig.Open();
        PoolSlot slot = rig.Leased(busy);
        rig.Wait(starved);
        TestWaiter own = rig.Wait(busy);

        rig.Release(slot);

        Assert.Equal(WorkerRetireReason.Evicted, slot.Reason);
        Assert.True(own.IsWaiting);
        rig.Gone(slot);
        Assert.Same(starved, Assert.Single(rig.Starts).Key);
    }

    [Fact]
    public void Release_AStarvedKeyWaitsForABusySharedWorker_TheWorkerTakesNoMore()
    {
        var rig = new BookRig(budget: 1);
        PoolKeyState busy = rig.Open(new PoolLimits { SessionsPerWorker = 4 });
        PoolKeyState starved = rig.Open();
        PoolSlot slot = rig.Leased(busy);
        Assert.Same(slot, rig.TryAcquire(busy));
        rig.Wait(starved);

        rig.Release(slot);

        Assert.Equal(PoolSlotState.Finishing, slot.State);
        Assert.Null(rig.TryAcquire(busy));
        rig.Release(slot);
        Assert.Same(slot, Assert.Single(rig.Ends));
    }

    [Fact]
    public void Release_BothKeysHaveWorkers_EachKeepsItsOwn()
    {
        var rig = new BookRig(budget: 2);
        PoolKeyState first = rig.Open();
        PoolKeyState second = rig.Open();
        PoolSlot slot = rig.Leased(first);
        rig.Leased(second);
        rig.Wait(second);
        TestWaiter own = rig.Wait(first);

        rig.Release(slot);

        Assert.Same(slot, own.Slot);
        Assert.Empty(rig.Ends);
    }

    [Fact]
    public void MinimumIdle_BudgetNeededElsewhere_IsGivenUpAndRefilledLater()
    {
        var rig = new BookRig(budget: 1);
        PoolKeyState warm = rig.Open(new PoolLimits { MinIdle = 1 });
        PoolKeyState other = rig.Open();
        rig.WarmUp(warm, 0);
        PoolSlot spare = Assert.Single(rig.Starts);
        rig.StartSucceeded(spare);

        TestWaiter waiter = rig.Wait(other);
        rig.Gone(Assert.Single(rig.Ends));
        rig.StartSucceeded(Assert.Single(rig.Starts));
        rig.Release(waiter.Slot!);
        Assert.Empty(rig.Starts);
        rig.Advance(60);

        Assert.Equal(WorkerRetireReason.Idle, waiter.Slot!.Reason);
        rig.Gone(waiter.Slot);
        Assert.Same(warm, Assert.Single(rig.Starts).Key);
    }
}
