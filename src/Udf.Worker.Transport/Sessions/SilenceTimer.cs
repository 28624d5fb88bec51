namespace Udf.Worker.Transport.Internal;

/// <summary>Calls back once when a limit has passed since it was last started. Never started, it costs nothing. Thread safe; after its disposal it does nothing.</summary>
/// <param name="limit">The limit; infinite for a timer that never calls.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="overdue">What to call, on a thread of the clock.</param>
internal sealed class SilenceTimer(TimeSpan limit, TimeProvider timeProvider, Action overdue) : IDisposable
{
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();

    // Guarded by _gate, but for what Touch writes.
    private ITimer? _timer;
    private long _startedAt;
    private bool _disposed;

    /// <summary>Whether the limit has passed since it was last started. The clock may be late to call, and the wait may have begun anew meanwhile.</summary>
    internal bool IsOverdue
    {
        get
        {
            lock (_gate)
            {
                return _timer is not null && timeProvider.GetElapsedTime(Volatile.Read(ref _startedAt)) >= limit;
            }
        }
    }

    /// <summary>Begins to wait, or begins anew.</summary>
    internal void Start()
    {
        if (limit == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _startedAt, timeProvider.GetTimestamp());
            if (_timer is null)
            {
                _timer = timeProvider.CreateTimer(static state => ((SilenceTimer)state!).Fire(), this, limit, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Change(limit, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Begins anew if it was started before.</summary>
    internal void Restart()
    {
        if (Volatile.Read(ref _timer) is not null)
        {
            Start();
        }
    }

    /// <summary>Begins anew if it was started before, and leaves the clock alone: when the old limit passes, what is left of the new one is waited for. Cheap enough to be called for each batch.</summary>
    internal void Touch()
    {
        if (Volatile.Read(ref _timer) is not null)
        {
            Volatile.Write(ref _startedAt, timeProvider.GetTimestamp());
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    private void Fire()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            TimeSpan left = limit - timeProvider.GetElapsedTime(Volatile.Read(ref _startedAt));
            if (left > TimeSpan.Zero)
            {
                // Begun anew while this call was on its way, or the clock's timers run ahead of its time by a hair.
                _timer!.Change(left < LeastWait ? LeastWait : left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        overdue();
    }
}
