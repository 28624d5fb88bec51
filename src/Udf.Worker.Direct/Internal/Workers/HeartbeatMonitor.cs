using System.Diagnostics;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Asks one worker for a sign of life, again and again, and says when its request loop is stuck. At most one heartbeat is on its way: one that stays unanswered is a miss for each interval that passes.
/// So a host that stood still itself finds one miss when it goes on, not many. Thread safe.
/// </summary>
internal sealed class HeartbeatMonitor : IDisposable
{
    private readonly WorkerConnection _connection;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _timeProvider;
    private readonly Action _stuck;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer? _timer;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly HeartbeatTally _tally;
    private bool _isUnanswered;
    private bool _isOnItsWay;
    private bool _isStopped;

    private long _answeredAt;

    /// <summary>Begins to watch a worker that has just answered for the first time.</summary>
    /// <param name="connection">The way to the worker. If it cannot ping, nothing is watched.</param>
    /// <param name="settings">The interval, and how many misses are too many.</param>
    /// <param name="isIndependent">Whether the worker answers whatever its functions do.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="stuck">Called once, when the request loop is found to be stuck, on a thread of the clock.</param>
    public HeartbeatMonitor(WorkerConnection connection, DirectWorkerSettings settings, bool isIndependent, TimeProvider timeProvider, Action stuck)
    {
        _connection = connection;
        _interval = settings.HeartbeatInterval;
        _timeProvider = timeProvider;
        _stuck = stuck;
        _tally = new HeartbeatTally(settings.HeartbeatMisses, isIndependent);
        _answeredAt = timeProvider.GetTimestamp();
        if (CanAsk && _interval != Timeout.InfiniteTimeSpan)
        {
            // Not in the context of the session that the worker was started for.
            _timer = Detached.Invoke(() => timeProvider.CreateTimer(static state => ((HeartbeatMonitor)state!).OnInterval(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Whether the connection can ask at all.</summary>
    public bool CanAsk => (_connection.Features & WorkerConnectionFeatures.Ping) != 0;

    /// <summary>How long ago the worker answered last: a heartbeat, an <see cref="AnswersAsync"/>, or the first of all when it was found ready.</summary>
    public TimeSpan SinceAnswer => _timeProvider.GetElapsedTime(Volatile.Read(ref _answeredAt));

    /// <summary>Whether the last answer is no older than an interval. Without heartbeats nothing is known.</summary>
    public bool HasAnsweredLately => _timer is not null && SinceAnswer <= _interval;

    /// <summary>Whether an answer can be expected now: not while functions run that may keep the worker from it.</summary>
    public bool MayBeAsked
    {
        get
        {
            lock (_gate)
            {
                return _tally.Counts;
            }
        }
    }

    /// <summary>A session begins on the worker.</summary>
    public void BeginSession()
    {
        lock (_gate)
        {
            _tally.BeginSession();
        }
    }

    /// <summary>A session has ended.</summary>
    public void EndSession()
    {
        lock (_gate)
        {
            _tally.EndSession();
        }
    }

    /// <summary>Asks now, beside the heartbeats.</summary>
    /// <param name="limit">How long to wait for the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the worker has answered in time. <see langword="true"/> too if it cannot be asked and its connection is not lost: no more can be known.</returns>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public async ValueTask<bool> AnswersAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!CanAsk)
        {
            return !_connection.Lost.IsCancellationRequested;
        }

        using var timeout = new CancellationTokenSource(limit, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token, cancellationToken);
        try
        {
            await _connection.PingAsync(linked.Token).AsTask().WaitAsync(linked.Token).ConfigureAwait(false);
            Note(isAnswered: true, isHeartbeat: false);
            return true;
        }
        catch (Exception)
        {
            // However it failed: there was no answer.
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Ends the watch. Nothing is called after it has returned, but for a call that is under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            StopUnsynchronized();
        }

        CancelWhatIsAsked();
    }

    private void OnInterval()
    {
        bool isStuck = false;
        bool isDue = false;
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            if (_connection.Lost.IsCancellationRequested)
            {
                // Nothing answers any more, and everybody knows why.
                StopUnsynchronized();
                return;
            }

            isStuck = _isUnanswered && _tally.Miss();
            if (isStuck)
            {
                StopUnsynchronized();
            }
            else
            {
                // While misses do not count, there is nothing to be learnt.
                isDue = !_isOnItsWay && _tally.Counts;
                _isUnanswered |= isDue;
                _isOnItsWay |= isDue;
                _timer!.Change(_interval, Timeout.InfiniteTimeSpan);
            }
        }

        if (isStuck)
        {
            CancelWhatIsAsked();
            _stuck();
        }
        else if (isDue)
        {
            _ = AskAsync(); // Throws nothing.
        }
    }

    private void StopUnsynchronized()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The timer is started anew under the gate.");
        _isStopped = true;
        _timer?.Dispose();
    }

    private void CancelWhatIsAsked()
    {
        try
        {
            _stop.Cancel();
        }
        catch (AggregateException)
        {
            // A callback of the transport failed. The token has fallen all the same.
        }
    }

    private async Task AskAsync()
    {
        bool isAnswered = false;
        try
        {
            await _connection.PingAsync(_stop.Token).ConfigureAwait(false);
            isAnswered = true;
        }
        catch (Exception)
        {
            // No answer. The end of the worker or of its connection is noticed elsewhere and ends this watch; whatever else it was counts as a miss when the interval is over.
        }

        Note(isAnswered, isHeartbeat: true);
    }

    private void Note(bool isAnswered, bool isHeartbeat)
    {
        lock (_gate)
        {
            _isOnItsWay &= !isHeartbeat;
            if (isAnswered)
            {
                _tally.Answer();
                _isUnanswered = false;
                Volatile.Write(ref _answeredAt, _timeProvider.GetTimestamp());
            }
        }
    }
}
