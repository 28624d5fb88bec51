namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Breaks a connection on which a frame has begun and gains no byte for too long. Watches one reader: armed before a wait inside a frame, disarmed after it.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    private readonly TimeSpan _limit;
    private readonly TimeProvider _timeProvider;
    private readonly Action _breakConnection;
    private ITimer? _timer;
    private long _armedAt;
    private int _armed;
    private int _stalled;

    /// <param name="limit">How long a frame may gain nothing; infinite for no guard.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="breakConnection">Ends the reader's wait, with an error.</param>
    internal StallGuard(TimeSpan limit, TimeProvider timeProvider, Action breakConnection)
    {
        _limit = limit;
        _timeProvider = timeProvider;
        _breakConnection = breakConnection;
    }

    /// <summary>What is wrong, if the guard broke the connection.</summary>
    internal FrameFault? Fault => Volatile.Read(ref _stalled) == 1
        ? new FrameFault($"a frame that had begun gained no byte for {_limit.TotalSeconds:0.###} s (FrameStallTimeout)") { StalledFor = _limit }
        : null;

    internal void Arm()
    {
        if (_limit != Timeout.InfiniteTimeSpan)
        {
            // Made when it is first needed, which on most connections is never: frames come whole.
            _timer ??= _timeProvider.CreateTimer(static state => ((StallGuard)state!).OnLimit(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Volatile.Write(ref _armedAt, _timeProvider.GetTimestamp());
            Volatile.Write(ref _armed, 1);
            _timer.Change(_limit, Timeout.InfiniteTimeSpan);
        }
    }

    internal void Disarm()
    {
        if (_timer is not null && Interlocked.Exchange(ref _armed, 0) == 1)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void OnLimit()
    {
        if (Volatile.Read(ref _armed) == 0)
        {
            return;
        }

        TimeSpan left = _limit - _timeProvider.GetElapsedTime(Volatile.Read(ref _armedAt));
        if (left > TimeSpan.Zero)
        {
            // This call was late: the wait that it was meant for has ended, and another has begun.
            _timer!.Change(left < LeastWait ? LeastWait : left, Timeout.InfiniteTimeSpan);
        }
        else if (Interlocked.Exchange(ref _armed, 0) == 1)
        {
            Volatile.Write(ref _stalled, 1);
            _breakConnection();
        }
    }
}
