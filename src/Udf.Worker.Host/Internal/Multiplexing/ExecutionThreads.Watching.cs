namespace Udf.Worker.Host.Internal;

// More threads, where those that there are do not come back.
internal sealed partial class ExecutionThreads
{
    /// <summary>How long the line may stand still.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    private readonly AutoResetEvent _watchWanted = new(initialState: false);

    // Guarded by _gate.
    private bool _isWatched;
    private bool _hasWatcher;
    private int _reinforcement = 1;

    private bool TryStartUnsynchronized()
    {
        var thread = new Thread(Run, _stackBytes) { IsBackground = true, Name = $"udf-function-{++_numbers}" };
        _threadCount++;
        try
        {
            thread.Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            // The system gives no further thread: what is ready waits for one that is there, or the next attempt.
            _threadCount--;
            return false;
        }
    }

    // Somebody looks whether the line moves, as long as there is one.
    private void WatchUnsynchronized()
    {
        if (_isWatched)
        {
            return;
        }

        _isWatched = true;
        if (_hasWatcher)
        {
            _watchWanted.Set();
            return;
        }

        try
        {
            new Thread(Watch, 128 * 1024) { IsBackground = true, Name = "udf-function-watch" }.Start();
            _hasWatcher = true;
        }
        catch (OutOfMemoryException)
        {
            // The system gives no further thread. The next one that is put into the line asks again.
            _isWatched = false;
        }
    }

    private void Watch()
    {
        do
        {
            WatchLine();
        }
        while (_watchWanted.WaitOne(IdleLimit) || !TryStopWatching());
    }

    private bool TryStopWatching()
    {
        lock (_gate)
        {
            // Wanted just now, perhaps: then the signal is there.
            _hasWatcher = _isWatched;
            return !_hasWatcher;
        }
    }

    private void WatchLine()
    {
        long seen = -1;
        while (true)
        {
            _watchWanted.WaitOne(Patience); // Nobody signals while it is watched: a pause.
            lock (_gate)
            {
                if (_line.Count == 0)
                {
                    _reinforcement = 1;
                    _isWatched = false;
                    return;
                }

                if (_takenCount == seen)
                {
                    ReinforceUnsynchronized();
                }
                else
                {
                    _reinforcement = 1;
                }

                seen = _takenCount;
            }
        }
    }

    // Whoever was expected soon is not any more. Threads come in ones, twos, fours as long as nothing moves: it may be that those there are only do not get a processor, and more would get even less of it.
    private void ReinforceUnsynchronized()
    {
        _promptCount = 0;
        _promptEpoch++;
        for (int wanted = Math.Min(_line.Count, _reinforcement); wanted > 0; wanted--)
        {
            if (!TryCallIdleUnsynchronized() && (_threadCount >= _most || !TryStartUnsynchronized()))
            {
                break;
            }
        }

        _reinforcement = Math.Min(2 * _reinforcement, _most);
    }
}
