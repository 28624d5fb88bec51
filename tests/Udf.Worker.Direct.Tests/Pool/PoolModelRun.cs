using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>Runs the commands of a scenario against a book and its model.</summary>
internal sealed class PoolModelRun
{
    private readonly PoolScenario _scenario;
    private readonly PoolBook _book;
    private readonly PoolModel _model;
    private TimeSpan _now = TimeSpan.FromHours(1);
    private int _waiterCount;

    private PoolModelRun(PoolScenario scenario)
    {
        _scenario = scenario;
        _book = new PoolBook(scenario.Budget);
        _model = new PoolModel(_book, scenario.Budget);
        for (int key = 0; key < PoolScenario.KeyCount; key++)
        {
            Open(key);
        }
    }

    private delegate void Call(ref PoolEffects effects);

    /// <returns>How many commands found something to do.</returns>
    public static int Play(PoolScenario scenario)
    {
        var run = new PoolModelRun(scenario);
        int steps = 0;
        foreach (PoolCommand command in scenario.Commands)
        {
            steps += run.Step(command) ? 1 : 0;
            run._model.Check(run._now);
        }

        run.EndAll();
        return steps;
    }

    private void Open(int index) => _model.Keys.Add(new PoolModelKey(_book.Open($"worker of scope {index}", _scenario.LimitsOf(index)), index));

    private bool Step(PoolCommand command)
    {
        PoolModelKey[] keys = [.. _model.Keys.Where(other => other.Phase != PoolKeyPhase.Closed)];
        PoolModelKey key = keys[command.Which % keys.Length];
        switch (command.Kind)
        {
            case PoolCommandKind.Acquire:
                return Acquire(key, command.How);
            case PoolCommandKind.Cancel:
                return Pick(_model.Keys.SelectMany(other => other.Waiters), command, waiter =>
                {
                    _model.Keys.Single(other => other.State == waiter.Key).Waiters.Remove(waiter);
                    Do((ref PoolEffects effects) => Assert.True(_book.Cancel(waiter, ref effects)));
                    Do((ref PoolEffects effects) => Assert.False(_book.Cancel(waiter, ref effects)));
                });
            case PoolCommandKind.StartSucceeds:
                return Pick(_model.Workers.Where(worker => worker.State == PoolSlotState.Starting), command, StartSucceeds);
            case PoolCommandKind.StartFails:
                return Pick(_model.Workers.Where(worker => worker.State == PoolSlotState.Starting), command, StartFails);
            case PoolCommandKind.Release:
                return Pick(_model.Sessions, command, worker => Release(worker, wasUsed: true));
            case PoolCommandKind.ReleaseUnused:
                return Pick(_model.Sessions, command, worker => Release(worker, wasUsed: false));
            case PoolCommandKind.ReleaseFull:
                return Pick(_model.Sessions, command, worker => Release(worker, wasUsed: false, isFull: true));
            case PoolCommandKind.ReleaseBroken:
                return Pick(_model.Sessions, command, ReleaseBroken);
            case PoolCommandKind.Lost:
                return Pick(_model.Workers.Where(worker => worker.State is PoolSlotState.Ready or PoolSlotState.Finishing), command, Lost);
            case PoolCommandKind.Gone:
                return Pick(_model.Workers.Where(worker => worker.State == PoolSlotState.Ending), command, Gone);
            case PoolCommandKind.Retire:
                return Pick(_model.Workers, command, worker => Do((ref PoolEffects effects) => _book.Retire(worker.Slot, WorkerRetireReason.Memory, _now, ref effects)));
            case PoolCommandKind.Advance:
                return Advance(TimeSpan.FromMilliseconds(command.How * command.How));
            case PoolCommandKind.WarmUp:
                key.KeepsMinimum = true;
                key.LastUsed = _now;
                key.Wanted = command.How % 4;
                Do((ref PoolEffects effects) => _book.WarmUp(key.State, command.How % 4, _now, ref effects));
                key.Wanted = 0;
                return true;
            case PoolCommandKind.GiveUpMinimum:
                key.KeepsMinimum = false;
                _book.GiveUpMinimum(key.State, _now);
                return Advance(TimeSpan.Zero);
            case PoolCommandKind.Replace:
                key.IsFailing = false;
                Do((ref PoolEffects effects) => _book.Replace(key.State, _now, ref effects));
                return true;
            case PoolCommandKind.Drain:
                key.Phase = PoolKeyPhase.Draining;
                Do((ref PoolEffects effects) => _book.Drain(key.State, _now, ref effects));
                return true;
            case PoolCommandKind.Close:
                Close(key);
                Open(key.Index);
                return true;
            case PoolCommandKind.Misuse:
                return Misuse(command);
            default:
                throw new InvalidOperationException($"Unknown command {command.Kind}.");
        }
    }

    private bool Acquire(PoolModelKey key, int how)
    {
        PoolModelWorker? choice = key.Phase == PoolKeyPhase.Open && key.Waiters.Count == 0 ? key.Choice() : null;
        var effects = default(PoolEffects);
        PoolSlot? slot = _book.TryAcquire(key.State, _now, ref effects);
        Assert.Same(choice?.Slot, slot);
        if (choice is not null)
        {
            _model.Given(choice);
            _model.Hear(effects, _now);
            return true;
        }

        Assert.Equal(0, effects.Count);
        var waiter = new TestWaiter($"caller {++_waiterCount}");
        key.Waiters.Add(waiter);
        key.KeepsMinimum |= key.Phase == PoolKeyPhase.Open;
        key.LastUsed = key.Phase == PoolKeyPhase.Open ? _now : key.LastUsed;
        _book.Wait(key.State, waiter, _now, _now + TimeSpan.FromMilliseconds(10 + (how * 300)), ref effects);
        _model.Hear(effects, _now, waiter);
        return true;
    }

    private void StartSucceeds(PoolModelWorker worker)
    {
        worker.State = PoolSlotState.Ready;
        worker.Key.IsFailing = false;
        _model.Used(worker, _now);
        Do((ref PoolEffects effects) => Assert.True(_book.StartSucceeded(worker.Slot, _now, ref effects)));
    }

    private void StartFails(PoolModelWorker worker)
    {
        worker.Key.IsFailing = true;
        worker.Key.Workers.Remove(worker);
        Do((ref PoolEffects effects) => _book.StartFailed(worker.Slot, new IOException("no such file"), _now, ref effects));
    }

    private void Release(PoolModelWorker worker, bool wasUsed, bool isFull = false)
    {
        _model.TakenBack(worker, _now, wasUsed);
        worker.FullAt = isFull && worker.Sessions > 0 ? worker.Sessions : worker.FullAt;
        bool mayStay = worker.State == PoolSlotState.Ready && worker.Served < worker.Key.Limits.MaxSessions && worker.Slot.ExpiresAt > _now;
        bool isOwed = mayStay && _model.OwesPlace(worker.Key, _now);
        TestWaiter? first = worker.Key.Waiters.FirstOrDefault();
        Do((ref PoolEffects effects) => _book.Release(worker.Slot, _now, ref effects, wasUsed, isFull));
        if (isOwed)
        {
            Assert.Equal((WorkerRetireReason.Evicted, true), (worker.Slot.Reason, worker.Slot.State is PoolSlotState.Finishing or PoolSlotState.Ending));
        }
        else if (mayStay)
        {
            // It stays with its own key, whose first caller gets it; an idle one may have been wanted elsewhere.
            Assert.True(worker.Slot.State == PoolSlotState.Ready || (worker.Sessions == 0 && first is null), "A worker was taken from its key without need.");
            Assert.True(first is null || first.Slot == worker.Slot || worker.Sessions == worker.FullAt, "The first who waits did not get the worker.");
        }
    }

    private void ReleaseBroken(PoolModelWorker worker)
    {
        _model.TakenBack(worker, _now, wasUsed: true);
        Do((ref PoolEffects effects) => _book.Release(worker.Slot, WorkerRetireReason.Broken, _now, ref effects));
        Assert.NotEqual(PoolSlotState.Ready, worker.Slot.State);
    }

    private void Lost(PoolModelWorker worker)
    {
        worker.Key.IsFailing |= worker.Served == 0;
        Do((ref PoolEffects effects) => Assert.True(_book.Lost(worker.Slot, new IOException("reset"), _now, ref effects)));
    }

    // A worker that was asked to end while it started reports that it is ready, or that it failed, like any other.
    private void Gone(PoolModelWorker worker)
    {
        if (worker.Served == 0 && worker.Sessions == 0)
        {
            Do((ref PoolEffects effects) => Assert.False(_book.StartSucceeded(worker.Slot, _now, ref effects)));
        }

        worker.Key.Workers.Remove(worker);
        Do((ref PoolEffects effects) => _book.Gone(worker.Slot, _now, ref effects));
        worker.State = PoolSlotState.Gone;
    }

    private bool Advance(TimeSpan time)
    {
        TimeSpan end = _now + time;
        for (int ticks = 0; _book.NextTick <= end; ticks++)
        {
            Assert.True(ticks < 10_000, "The book asks for ticks without end.");
            _now = _book.NextTick > _now ? _book.NextTick : _now;
            foreach (PoolModelKey key in _model.Keys)
            {
                key.KeepsMinimum &= !_model.LetsGoOfMinimum(key, _now);
            }

            Do((ref PoolEffects effects) => _book.Tick(_now, ref effects));
        }

        _now = end;
        return true;
    }

    private void Close(PoolModelKey key)
    {
        key.Phase = PoolKeyPhase.Closed;
        Do((ref PoolEffects effects) => _book.Close(key.State, _now, ref effects));
    }

    private bool Misuse(PoolCommand command) => Pick(_model.Workers, command, worker =>
    {
        var effects = default(PoolEffects);
        if (worker.Sessions == 0)
        {
            Assert.Throws<InvalidOperationException>(() => _book.Release(worker.Slot, _now, ref effects));
            Assert.Throws<InvalidOperationException>(() => _book.Release(worker.Slot, WorkerRetireReason.Broken, _now, ref effects));
        }

        if (worker.State != PoolSlotState.Ending)
        {
            Assert.Throws<InvalidOperationException>(() => _book.Gone(worker.Slot, _now, ref effects));
        }

        if (worker.State is PoolSlotState.Ready or PoolSlotState.Finishing)
        {
            Assert.Throws<InvalidOperationException>(() => _book.StartSucceeded(worker.Slot, _now, ref effects));
            Assert.Throws<InvalidOperationException>(() => _book.StartFailed(worker.Slot, new IOException(), _now, ref effects));
        }

        Assert.Equal(0, effects.Count);
    });

    private void EndAll()
    {
        foreach (PoolModelKey key in _model.Keys)
        {
            if (key.Phase != PoolKeyPhase.Closed)
            {
                Close(key);
            }

            Assert.Empty(key.Waiters);
        }

        foreach (PoolModelWorker worker in _model.Workers.ToArray())
        {
            Gone(worker);
        }

        foreach (PoolModelWorker worker in _model.Sessions.ToArray())
        {
            Release(worker, wasUsed: true);
        }

        _model.Check(_now);
        Assert.Equal(0, _book.WorkerCount);
        Assert.Equal(0, _book.KeyCount);
    }

    private static bool Pick<T>(IEnumerable<T> items, PoolCommand command, Action<T> act)
    {
        T[] all = [.. items];
        if (all.Length == 0)
        {
            return false;
        }

        act(all[command.Which % all.Length]);
        return true;
    }

    private void Do(Call call)
    {
        var effects = default(PoolEffects);
        call(ref effects);
        _model.Hear(effects, _now);
    }
}
