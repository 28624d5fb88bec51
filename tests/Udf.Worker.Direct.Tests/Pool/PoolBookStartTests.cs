using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Starts that fail.</summary>
public class PoolBookStartTests
{
    [Fact]
    public void StartFailed_NothingElseLives_RefusesAllWithTheCause()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MaxWorkers = 1 });
        TestWaiter[] waiters = [rig.Wait(key), rig.Wait(key)];

        rig.StartFailed(rig.Starts[0], "no such file");

        Assert.All(waiters, waiter =>
        {
            Assert.Equal(PoolRefusalReason.StartFailed, waiter.Refusal?.Reason);
            Assert.Equal("no such file", waiter.Refusal!.Cause?.Message);
        });
        Assert.Empty(rig.Starts);
    }

    [Fact]
    public void StartFailed_AnotherWorkerLives_WaitersStay()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        PoolSlot slot = rig.Leased(key);
        TestWaiter waiter = rig.Wait(key);

        rig.StartFailed(rig.Starts[0]);
        Assert.True(waiter.IsWaiting);
        rig.Release(slot);

        Assert.Same(slot, waiter.Slot);
    }

    [Fact]
    public void StartFailed_AgainAndAgain_WaitsTwiceAsLongEachTimeUpToTheCap()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { StartRetryDelay = TimeSpan.FromSeconds(1), MaximumStartRetryDelay = TimeSpan.FromSeconds(5) });
        foreach (double seconds in new double[] { 1, 2, 4, 5, 5 })
        {
            TestWaiter waiter = rig.Wait(key);
            rig.StartFailed(Assert.Single(rig.Starts));
            Assert.NotNull(waiter.Refusal);
            Assert.Equal(TimeSpan.FromSeconds(seconds), rig.Statistics(key).TimeToNextStart);
            rig.Advance(seconds);
        }
    }

    [Theory]
    [InlineData(0, 8000)]
    [InlineData(0.5, 6000)]
    [InlineData(1, 4000)]
    public void RetryDelay_RandomPart_TakesUpToOneHalfOff(double random, double milliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(milliseconds),
            new PoolLimits { StartRetryDelay = TimeSpan.FromSeconds(1), NextRandom = () => random }.RetryDelay(4));

    [Fact]
    public void RetryDelay_VeryManyFailures_IsTheCap() =>
        Assert.Equal(TimeSpan.FromSeconds(30), new PoolLimits { NextRandom = () => 0 }.RetryDelay(int.MaxValue));

    [Fact]
    public void StartFailed_SeveralThatBeganTogether_CountAsOneFailure()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        _ = new[] { rig.Wait(key), rig.Wait(key), rig.Wait(key) };
        foreach (PoolSlot slot in rig.Starts.ToArray())
        {
            rig.StartFailed(slot);
        }

        Assert.Equal(TimeSpan.FromMilliseconds(100), rig.Statistics(key).TimeToNextStart);
        Assert.Equal(3, rig.Statistics(key).FailedStartCount);
    }

    [Fact]
    public void Wait_WhileStartsFail_OneIsTriedAtATimeWhenItIsDue()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        rig.Wait(key);
        rig.StartFailed(rig.Starts[0]);
        TestWaiter[] waiters = [rig.Wait(key), rig.Wait(key), rig.Wait(key)];
        Assert.Empty(rig.Starts);

        rig.Advance(0.1);
        rig.StartSucceeded(Assert.Single(rig.Starts));

        Assert.NotNull(waiters[0].Slot);
        Assert.Equal(2, rig.Starts.Count);
        Assert.Null(rig.Statistics(key).StartFailure);
    }

    [Theory]
    [InlineData(0.1, true)]
    [InlineData(0.101, false)]
    public void Wait_TheNextAttemptComesTooLate_IsRefusedAtOnceWithTheCause(double seconds, bool isRefused)
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        rig.Wait(key);
        rig.StartFailed(rig.Starts[0], "no such file");

        TestWaiter waiter = rig.Wait(key, seconds);

        Assert.Equal(isRefused, waiter.Refusal?.Reason == PoolRefusalReason.StartsFailing);
        if (waiter.Refusal is { } refusal)
        {
            WorkerPoolExhaustedException exception = refusal.ToException();
            Assert.Equal("no such file", exception.InnerException?.Message);
            Assert.Contains("the next is tried only in 0.1 s (WorkerPoolOptions.StartRetryDelay)", exception.Message, StringComparison.Ordinal);
            Assert.EndsWith("The last start failed: no such file", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Lost_TheLastWorkerWhileStartsFail_RefusesThoseForWhomTheNextAttemptComesTooLate()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { StartRetryDelay = TimeSpan.FromSeconds(10) });
        PoolSlot slot = rig.Leased(key);
        TestWaiter hasty = rig.Wait(key, 5);
        TestWaiter patient = rig.Wait(key, 20);
        rig.StartFailed(rig.Starts[0]);
        rig.StartFailed(rig.Starts[0]);

        rig.Lost(slot);

        Assert.Equal(PoolRefusalReason.StartsFailing, hasty.Refusal?.Reason);
        Assert.True(patient.IsWaiting);
        rig.Advance(10);
        Assert.Single(rig.Starts);
    }

    [Fact]
    public void MinimumIdle_WorkersDieBeforeTheirFirstSession_AreStartedEverMoreSeldom()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open(new PoolLimits { MinIdle = 1 });
        rig.WarmUp(key, 1);
        int starts = 0;
        for (int second = 0; second < 600; second++)
        {
            foreach (PoolSlot slot in rig.Starts.ToArray())
            {
                starts++;
                rig.StartSucceeded(slot);
                rig.Lost(slot);
                rig.Gone(slot);
            }

            rig.Advance(1);
        }

        Assert.InRange(starts, 20, 40);
    }

    [Fact]
    public void Release_Cleanly_EndsTheRowOfFailures()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        rig.Wait(key);
        rig.StartFailed(rig.Starts[0]);
        rig.Advance(0.1);
        PoolSlot slot = rig.Leased(key);
        rig.Release(slot);
        rig.TryAcquire(key);
        rig.Wait(key);

        rig.StartFailed(rig.Starts[0]);

        Assert.Equal(TimeSpan.FromMilliseconds(100), rig.Statistics(key).TimeToNextStart);
    }

    [Fact]
    public void Retire_WhileItStarts_EndsItAndTakesNoLateNews()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        TestWaiter waiter = rig.Wait(key);
        PoolSlot old = rig.Starts[0];
        rig.Replace(key);

        Assert.Same(old, Assert.Single(rig.Ends));
        Assert.False(rig.StartSucceeded(old));
        rig.Gone(old);
        PoolSlot next = Assert.Single(rig.Starts);
        rig.StartSucceeded(next);
        Assert.Same(next, waiter.Slot);
    }

    [Fact]
    public void StartFailed_AfterItWasAskedToEnd_IsNoFailure()
    {
        var rig = new BookRig();
        PoolKeyState key = rig.Open();
        rig.Wait(key);
        PoolSlot old = rig.Starts[0];
        rig.Replace(key);
        rig.StartFailed(old);

        Assert.Null(rig.Statistics(key).StartFailure);
        Assert.Equal(0, rig.Statistics(key).FailedStartCount);
        Assert.Equal(1, rig.Book.WorkerCount);
    }
}
