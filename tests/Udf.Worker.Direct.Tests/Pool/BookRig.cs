using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A book with a clock set by hand and a shell that only writes down what it is asked to do.</summary>
internal sealed class BookRig(int budget = int.MaxValue)
{
    private int _waiterCount;

    public PoolBook Book { get; } = new(budget);

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>Slots that are to be started and have not been reported.</summary>
    public List<PoolSlot> Starts { get; } = [];

    /// <summary>Slots that are to be ended and have not been reported.</summary>
    public List<PoolSlot> Ends { get; } = [];

    /// <summary>Keys that were drained or closed and have no workers.</summary>
    public List<PoolKeyState> Emptied { get; } = [];

    /// <summary>How many effects the last call had.</summary>
    public int LastEffectCount { get; private set; }

    public PoolKeyState Open(PoolLimits? limits = null, string name = "worker 'w'") => Book.Open(name, (limits ?? new PoolLimits()) with { NextRandom = () => 0 });

    public PoolSlot? TryAcquire(PoolKeyState key)
    {
        var effects = default(PoolEffects);
        PoolSlot? slot = Book.TryAcquire(key, Now, ref effects);
        CarryOut(effects);
        return slot;
    }

    public TestWaiter Wait(PoolKeyState key, double seconds = 30)
    {
        var waiter = new TestWaiter($"caller {++_waiterCount}");
        var effects = default(PoolEffects);
        Book.Wait(key, waiter, Now, Now + TimeSpan.FromSeconds(seconds), ref effects);
        CarryOut(effects);
        return waiter;
    }

    public bool Cancel(TestWaiter waiter)
    {
        bool waited = false;
        Do((ref PoolEffects effects) => waited = Book.Cancel(waiter, ref effects));
        return waited;
    }

    /// <summary>A worker of the key that is ready and idle.</summary>
    public PoolSlot Ready(PoolKeyState key)
    {
        PoolSlot slot = Leased(key);
        Release(slot);
        return slot;
    }

    /// <summary>A new worker of the key with one session; others have no room.</summary>
    public PoolSlot Leased(PoolKeyState key)
    {
        TestWaiter waiter = Wait(key);
        StartSucceeded(Assert.Single(Starts));
        return Assert.IsType<PoolSlot>(waiter.Slot);
    }

    public bool StartSucceeded(PoolSlot slot)
    {
        var effects = default(PoolEffects);
        bool taken = Book.StartSucceeded(slot, Now, ref effects);
        Starts.Remove(slot);
        CarryOut(effects);
        return taken;
    }

    public void StartFailed(PoolSlot slot, string cause = "no such file")
    {
        var effects = default(PoolEffects);
        Book.StartFailed(slot, new IOException(cause), Now, ref effects);
        Starts.Remove(slot);
        Ends.Remove(slot);
        CarryOut(effects);
    }

    public void Release(PoolSlot slot, WorkerRetireReason? reason = null, bool wasUsed = true)
    {
        var effects = default(PoolEffects);
        if (reason is { } given)
        {
            Book.Release(slot, given, Now, ref effects);
        }
        else
        {
            Book.Release(slot, Now, ref effects, wasUsed);
        }

        CarryOut(effects);
    }

    public void Lost(PoolSlot slot) => Do((ref PoolEffects effects) => Book.Lost(slot, new IOException("reset"), Now, ref effects));

    public void Retire(PoolSlot slot, WorkerRetireReason reason) => Do((ref PoolEffects effects) => Book.Retire(slot, reason, Now, ref effects));

    public void Gone(PoolSlot slot)
    {
        Ends.Remove(slot);
        Do((ref PoolEffects effects) => Book.Gone(slot, Now, ref effects));
    }

    public void Replace(PoolKeyState key) => Do((ref PoolEffects effects) => Book.Replace(key, Now, ref effects));

    public void Drain(PoolKeyState key) => Do((ref PoolEffects effects) => Book.Drain(key, Now, ref effects));

    public void Close(PoolKeyState key) => Do((ref PoolEffects effects) => Book.Close(key, Now, ref effects));

    public int WarmUp(PoolKeyState key, int count)
    {
        int ahead = 0;
        Do((ref PoolEffects effects) => ahead = Book.WarmUp(key, count, Now, ref effects));
        return ahead;
    }

    /// <summary>Lets time pass, with the ticks that the book asks for on the way.</summary>
    public void Advance(double seconds)
    {
        TimeSpan end = Now + TimeSpan.FromSeconds(seconds);
        for (int ticks = 0; Book.NextTick <= end; ticks++)
        {
            Assert.True(ticks < 1000, "The book asks for ticks without end.");
            Now = Book.NextTick > Now ? Book.NextTick : Now;
            Do((ref PoolEffects effects) => Book.Tick(Now, ref effects));
        }

        Now = end;
    }

    public WorkerPoolStatistics Statistics(PoolKeyState key) => Book.Snapshot(key, null, Now);

    private delegate void Call(ref PoolEffects effects);

    private void Do(Call call)
    {
        var effects = default(PoolEffects);
        call(ref effects);
        CarryOut(effects);
    }

    private void CarryOut(PoolEffects effects)
    {
        LastEffectCount = effects.Count;
        for (int index = 0; index < effects.Count; index++)
        {
            PoolEffect effect = effects[index];
            switch (effect.Kind)
            {
                case PoolEffectKind.Start:
                    Starts.Add(effect.Slot!);
                    break;
                case PoolEffectKind.End:
                    Starts.Remove(effect.Slot!);
                    Ends.Add(effect.Slot!);
                    break;
                case PoolEffectKind.Grant:
                    Assert.True(((TestWaiter)effect.Waiter!).IsWaiting);
                    ((TestWaiter)effect.Waiter).Slot = effect.Slot;
                    break;
                case PoolEffectKind.Refuse:
                    Assert.True(((TestWaiter)effect.Waiter!).IsWaiting);
                    ((TestWaiter)effect.Waiter).Refusal = effect.Refusal;
                    break;
                case PoolEffectKind.Emptied:
                    Emptied.Add(effect.Key);
                    break;
                default:
                    throw new InvalidOperationException($"Unknown effect {effect.Kind}.");
            }
        }
    }
}
