using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The threads that wait for an answer inside the kernel, each for one socket at a time: an answer then wakes the thread that takes it, and no other. Bounded; a thread that nobody has needed for a while ends.
/// </summary>
/// <remarks>Thread safe.</remarks>
internal sealed class ReaderThreads(int maximum, TimeSpan idleLimit)
{
    private readonly object _gate = new();

    // Guarded by _gate.
    private readonly Queue<Action> _work = new();
    private int _count;
    private int _idle;

    /// <summary>Those of this process.</summary>
    internal static ReaderThreads Shared { get; } = new(maximum: 64, idleLimit: TimeSpan.FromSeconds(10));

    /// <summary>How many there are.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Gives a thread something to do, if one is free or may be started.</summary>
    /// <param name="work">What it does; it throws nothing.</param>
    internal bool TryRun(Action work)
    {
        lock (_gate)
        {
            if (_idle > _work.Count)
            {
                _work.Enqueue(work);
                Monitor.Pulse(_gate);
                return true;
            }

            if (_count == maximum)
            {
                return false;
            }

            _count++;
            _work.Enqueue(work);
        }

        // A new thread takes what stands first, which may be another's work: then that one's thread takes this.
        try
        {
            new Thread(Loop) { IsBackground = true, Name = "udf-reader" }.UnsafeStart();
            return true;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            return !TryTakeBack(work);
        }
    }

    // The system gives no further thread. False if one that there is has taken the work meanwhile.
    private bool TryTakeBack(Action work)
    {
        lock (_gate)
        {
            _count--;
            int waiting = _work.Count;
            bool isFound = false;
            for (int index = 0; index < waiting; index++)
            {
                Action next = _work.Dequeue();
                if (!isFound && ReferenceEquals(next, work))
                {
                    isFound = true;
                }
                else
                {
                    _work.Enqueue(next);
                }
            }

            return isFound;
        }
    }

    private void Loop()
    {
        while (TryTake(out Action? work))
        {
            work();
        }
    }

    private bool TryTake([NotNullWhen(true)] out Action? work)
    {
        lock (_gate)
        {
            while (!_work.TryDequeue(out work))
            {
                _idle++;
                bool isTold = Monitor.Wait(_gate, idleLimit);
                _idle--;
                if (!isTold && _work.Count == 0)
                {
                    _count--;
                    return false;
                }
            }

            return true;
        }
    }
}
