namespace Udf.Worker.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire on the thread that moves it, in the order of their time. Thread safe.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(TimeSpan DueTime, TaskCompletionSource Source)> _waiters = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends when a timer is running that was started with this time to go; at once if there is one. So a test moves the clock only when the code has begun to wait.</summary>
    public Task WaitForTimerAsync(TimeSpan dueTime)
    {
        lock (_gate)
        {
            if (_timers.Exists(timer => timer.DueTime == dueTime))
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((dueTime, source));
            return source.Task;
        }
    }

    /// <summary>How many timers are running that were started with this time to go.</summary>
    public int CountTimers(TimeSpan dueTime)
    {
        lock (_gate)
        {
            return _timers.Count(timer => timer.DueTime == dueTime);
        }
    }

    /// <summary>Moves the clock on, and fires what falls due on the way.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        DateTimeOffset end = GetUtcNow() + time;
        while (TakeDue(end) is { } due)
        {
            due.Fire();
        }
    }

    private ManualTimer? TakeDue(DateTimeOffset end)
    {
        lock (_gate)
        {
            ManualTimer? due = _timers.Where(timer => timer.FiresAt <= end).MinBy(timer => timer.FiresAt);
            _now = due is null ? end : due.FiresAt > _now ? due.FiresAt : _now;
            if (due is not null && !due.TryStartPeriod())
            {
                _timers.Remove(due);
            }

            return due;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        // All guarded by the clock's gate.
        public DateTimeOffset FiresAt { get; private set; }

        public TimeSpan DueTime { get; private set; }

        public void Fire() => callback(state);

        public bool TryStartPeriod()
        {
            FiresAt += _period;
            return _period > TimeSpan.Zero;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueTime = dueTime;
                    FiresAt = clock._now + dueTime;
                    _period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
                    clock._timers.Add(this);
                    foreach ((_, TaskCompletionSource source) in clock._waiters.Where(waiter => waiter.DueTime == dueTime))
                    {
                        source.TrySetResult();
                    }

                    clock._waiters.RemoveAll(waiter => waiter.DueTime == dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
