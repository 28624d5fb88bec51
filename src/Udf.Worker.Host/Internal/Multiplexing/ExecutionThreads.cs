using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// The threads on which the functions of multiplexed executions run: as few as do the work. What is ready waits in line; a thread takes one after another, so that many small executions cost no change of threads.
/// A function that blocks or computes holds up nobody: when the line does not move for <see cref="Patience"/>, further threads are started, up to one for each execution.
/// </summary>
/// <remarks>Thread safe. Threads without work end after a while, so there is nothing to close.</remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "As long as its threads live; nobody else knows when that ends.")]
internal sealed class ExecutionThreads
{
    /// <summary>How long the line may stand still.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(5);

    private readonly int _stackBytes;
    private readonly int _most;
    private readonly int _usual = Environment.ProcessorCount;
    private readonly object _gate = new();

    // Guarded by _gate.
    private readonly Queue<MultiplexedExecution> _line = new();
    private int _threadCount;
    private int _idleCount;
    private int _numbers;
    private long _takenCount;
    private bool _isWatched;
    private bool _hasWatcher;

    private readonly AutoResetEvent _watchWanted = new(initialState: false);

    /// <param name="most">How many executions there may be.</param>
    /// <param name="stackBytes">The stack of each thread.</param>
    internal ExecutionThreads(int most, int stackBytes)
    {
        _most = most;
        _stackBytes = stackBytes;
    }

    /// <summary>How many threads there are.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _threadCount;
            }
        }
    }

    /// <summary>Lets an execution run when a thread is free. Not before the last turn that it was given has begun.</summary>
    internal void Schedule(MultiplexedExecution execution)
    {
        lock (_gate)
        {
            _line.Enqueue(execution);
            CallUnsynchronized();
        }
    }

    /// <summary>The same for many, which cost one call of a thread. Empties the list.</summary>
    internal void Schedule(List<MultiplexedExecution> executions)
    {
        if (executions.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            foreach (MultiplexedExecution execution in executions)
            {
                _line.Enqueue(execution);
            }

            CallUnsynchronized();
        }

        executions.Clear();
    }

    // One thread is called at a time; it calls the next if it leaves something in the line.
    private void CallUnsynchronized()
    {
        if (_idleCount > 0)
        {
            Monitor.Pulse(_gate);
        }
        else if (_threadCount < Math.Min(_usual, _most))
        {
            StartUnsynchronized();
        }
        else
        {
            WatchUnsynchronized();
        }
    }

    private void Run()
    {
        while (TryTake(out MultiplexedExecution? execution))
        {
            execution.RunTurn();
        }
    }

    private bool TryTake([NotNullWhen(true)] out MultiplexedExecution? execution)
    {
        lock (_gate)
        {
            while (!_line.TryDequeue(out execution))
            {
                _idleCount++;
                bool isWanted = Monitor.Wait(_gate, IdleLimit);
                _idleCount--;
                if (!isWanted && _line.Count == 0)
                {
                    _threadCount--;
                    return false;
                }
            }

            _takenCount++;
            if (_line.Count > 0)
            {
                // Whoever is taken now may never come back.
                CallUnsynchronized();
            }

            return true;
        }
    }

    private void StartUnsynchronized()
    {
        var thread = new Thread(Run, _stackBytes) { IsBackground = true, Name = $"udf-function-{++_numbers}" };
        _threadCount++;
        try
        {
            thread.Start();
        }
        catch (OutOfMemoryException)
        {
            // The system gives no further thread: what is ready waits for one that is there, or the next attempt.
            _threadCount--;
        }
    }

    // Somebody looks whether the line moves, as long as there is one and nobody to take from it.
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

        _hasWatcher = true;
        new Thread(Watch, 128 * 1024) { IsBackground = true, Name = "udf-function-watch" }.Start();
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
                    _isWatched = false;
                    return;
                }

                if (_takenCount == seen)
                {
                    for (int index = Math.Min(_line.Count, _most - _threadCount); index > 0; index--)
                    {
                        StartUnsynchronized();
                    }
                }

                seen = _takenCount;
            }
        }
    }
}
