namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Keeps one book: holds its lock for each call, tells it the time, wakes it when something is due, and has carried out what it asks for, when the lock is free again. Decides nothing.
/// Thread safe. Shared by the dispatchers that share a <see cref="WorkerBudget"/>.
/// </summary>
internal sealed class PoolKeeper
{
    // The bound of the timers of the framework. What is due later is looked at again then.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;

    // Guarded by _gate.
    private readonly PoolBook _book;

    // Taken before _gate, never under it.
    private readonly Lock _timerGate = new();

    // Guarded by _timerGate, but for the look whether it is late.
    private ITimer? _timer;
    private long _timerTicks = long.MaxValue;
    private bool _isStopped;

    /// <param name="maxWorkers">The most workers of all keys together.</param>
    /// <param name="clock">The clock of the book.</param>
    public PoolKeeper(int maxWorkers, TimeProvider clock)
    {
        _clock = clock;
        _book = new PoolBook(maxWorkers);
    }

    /// <summary>The clock of the book.</summary>
    public TimeProvider Clock => _clock;

    /// <summary>Makes one call to the book, and carries out what it asks for.</summary>
    /// <param name="state">What the call is about.</param>
    /// <param name="call">The call. It runs under the lock: nothing but the book, and the fields that the lock guards, may be touched in it.</param>
    public TResult Do<TState, TResult>(TState state, PoolCall<TState, TResult> call)
    {
        var effects = default(PoolEffects);
        TResult result;
        TimeSpan next;
        lock (_gate)
        {
            // The time is taken under the lock, so that it never goes back.
            result = call(_book, state, _clock.GetElapsedTime(0), ref effects);
            PoolCarrier.Prepare(effects);
            next = _book.NextTick;
        }

        if (next.Ticks < Volatile.Read(ref _timerTicks))
        {
            SetTimer();
        }

        PoolCarrier.CarryOut(effects);
        return result;
    }

    /// <summary>Wakes the book no more. For a book whose keys are closed.</summary>
    public void Stop()
    {
        lock (_timerGate)
        {
            _isStopped = true;
            _timer?.Dispose();
        }
    }

    private void SetTimer()
    {
        lock (_timerGate)
        {
            TimeSpan next;
            TimeSpan now;
            lock (_gate)
            {
                next = _book.NextTick;
                now = _clock.GetElapsedTime(0);
            }

            if (_isStopped || next.Ticks >= _timerTicks)
            {
                return;
            }

            // Not in the context of the session that was the first. Rounded up: a timer that comes too early would come again and again.
            _timer ??= Detached.Invoke(() => _clock.CreateTimer(static state => ((PoolKeeper)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
            Volatile.Write(ref _timerTicks, next.Ticks);
            TimeSpan due = next - now;
            _timer.Change(due <= TimeSpan.Zero ? TimeSpan.Zero : due >= LongestTimer ? LongestTimer : TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (_timerGate)
        {
            Volatile.Write(ref _timerTicks, long.MaxValue);
        }

        List<PoolScope>? forgotten = Do(0, static (PoolBook book, int _, TimeSpan now, ref PoolEffects effects) =>
        {
            book.Tick(now, ref effects);
            return PoolScope.ForgetUnused(book, now);
        });
        foreach (PoolScope scope in forgotten ?? [])
        {
            scope.Pool.Scopes.Remove(scope);
        }
    }
}
