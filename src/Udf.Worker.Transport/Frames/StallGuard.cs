namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Breaks a connection on which a frame has begun and gains no byte for too long. Watches one reader: armed before a wait inside a frame, disarmed after it.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly ITimer? _timer;
    private int _armed;
    private int _stalled;

    /// <param name="limit">How long a frame may gain nothing; infinite for no guard.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="breakConnection">Ends the reader's wait, with an error.</param>
    internal StallGuard(TimeSpan limit, TimeProvider timeProvider, Action breakConnection)
    {
        _limit = limit;
        if (limit != Timeout.InfiniteTimeSpan)
        {
            _timer = timeProvider.CreateTimer(
                _ =>
                {
                    if (Interlocked.Exchange(ref _armed, 0) == 1)
                    {
                        Volatile.Write(ref _stalled, 1);
                        breakConnection();
                    }
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>What is wrong, if the guard broke the connection.</summary>
    internal FrameFault? Fault => Volatile.Read(ref _stalled) == 1
        ? new FrameFault($"a frame that had begun gained no byte for {_limit.TotalSeconds:0.###} s (FrameStallTimeout)") { StalledFor = _limit }
        : null;

    internal void Arm()
    {
        if (_timer is not null)
        {
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
}
