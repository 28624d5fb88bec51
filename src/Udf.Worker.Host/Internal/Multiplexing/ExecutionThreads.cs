using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// The threads on which the functions of multiplexed executions run: as few as do the work. What is ready waits in line; a thread takes one after another, and writes what they have said when the line is empty,
/// so that many small executions cost neither a change of threads nor a call each.
/// A function that blocks or computes holds up nobody: beside one that is known to take its time another thread is called, and when the line does not move for <see cref="Patience"/> further threads
/// are started, up to one for each execution.
/// </summary>
/// <remarks>Thread safe. Threads without work end after a while, so there is nothing to close.</remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "As long as its threads live; nobody else knows when that ends.")]
internal sealed partial class ExecutionThreads
{
    /// <summary>An execution whose last turn took less is expected to be as quick again.</summary>
    internal static readonly TimeSpan QuickTurn = TimeSpan.FromMicroseconds(50);

    /// <summary>Another thread is called to a line that is likely to take longer than this.</summary>
    private static readonly TimeSpan SharedAbove = TimeSpan.FromMicroseconds(500);

    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(2);

    /// <summary>So much is written before the line is empty: the engine begins with it meanwhile.</summary>
    private const int EnoughBytes = 8 * 1024;

    // What is said on this connection by what the thread runs is written by the thread.
    [ThreadStatic]
    private static WorkerMultiplexedConnection? _writtenHere;

    private readonly int _stackBytes;
    private readonly int _most;
    private readonly int _usual = Environment.ProcessorCount;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<MultiplexedExecution> _line = new();
    private readonly List<IdleThread> _idle = [];
    private int _threadCount;
    private int _promptCount;
    private int _promptEpoch = 1;
    private long _recentTicks; // Of about sixteen turns.
    private int _numbers;
    private long _takenCount;

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

    /// <summary>Whether the calling thread is one of these, and writes what is said on this connection before it rests or takes on something that may last.</summary>
    internal static bool IsWrittenHere(WorkerMultiplexedConnection connection) => ReferenceEquals(_writtenHere, connection);

    /// <summary>Lets an execution run when a thread is free. Not before the last turn that it was given has begun.</summary>
    internal void Schedule(MultiplexedExecution execution)
    {
        lock (_gate)
        {
            _line.Enqueue(execution);
            CallIfNeededUnsynchronized();
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

            CallIfNeededUnsynchronized();
        }

        executions.Clear();
    }

    // A thread that is about to come back to the line takes the next, unless that is too much for one. Should it not come back, whoever watches the line finds out.
    private void CallIfNeededUnsynchronized()
    {
        if (_promptCount == 0 || _line.Count * _recentTicks / 16 > SharedAbove.Ticks)
        {
            CallUnsynchronized();
        }
        else
        {
            WatchUnsynchronized();
        }
    }

    // One thread is called at a time; it calls the next if it leaves something in the line.
    private void CallUnsynchronized()
    {
        if (!TryCallIdleUnsynchronized() && (_threadCount >= Math.Min(_usual, _most) || !TryStartUnsynchronized()))
        {
            WatchUnsynchronized();
        }
    }

    // The one that has rested least, whose stack is warm: so those that are not needed any more are left alone, and end.
    private bool TryCallIdleUnsynchronized()
    {
        if (_idle.Count == 0)
        {
            return false;
        }

        IdleThread thread = _idle[^1];
        _idle.RemoveAt(_idle.Count - 1);
        thread.PromptEpoch = _promptEpoch;
        _promptCount++;
        lock (thread)
        {
            thread.IsCalled = true;
            Monitor.Pulse(thread);
        }

        return true;
    }

    private void Run()
    {
        Turn turn = default;
        var rest = new IdleThread();
        while (TryTake(ref turn, rest, out MultiplexedExecution? execution))
        {
            if (_writtenHere is { } before && (before != execution.Connection || !execution.IsQuick))
            {
                // Not here: the engine at the other end may not read, and the execution that is about to run has nobody else.
                before.CallWriter();
            }

            // What one says that may take its time leaves at once.
            _writtenHere = execution.IsQuick ? execution.Connection : null;
            turn.Length = execution.RunTurn();
        }
    }

    /// <summary>Takes the next execution that is ready, or waits for one, with everything written that has been said.</summary>
    /// <param name="turn">The one that has ended; then the one that begins.</param>
    /// <param name="rest">What the thread waits with.</param>
    /// <param name="execution">The execution.</param>
    /// <returns>False if the thread is not needed any more.</returns>
    private bool TryTake(ref Turn turn, IdleThread rest, [NotNullWhen(true)] out MultiplexedExecution? execution)
    {
        if (_writtenHere is { } written && written.Output.FilledBytes >= EnoughBytes)
        {
            // Before it takes an execution, which would wait for as long as the engine does not read.
            written.Write();
        }

        lock (_gate)
        {
            EndTurnUnsynchronized(ref turn);
            if (_line.TryDequeue(out execution))
            {
                BeginTurnUnsynchronized(ref turn, execution);
                return true;
            }
        }

        _writtenHere?.Write();
        _writtenHere = null;
        while (true)
        {
            lock (_gate)
            {
                if (_line.TryDequeue(out execution))
                {
                    BeginTurnUnsynchronized(ref turn, execution);
                    return true;
                }

                rest.IsCalled = false;
                _idle.Add(rest);
            }

            if (!WaitUntilCalled(rest))
            {
                return false;
            }
        }
    }

    private bool WaitUntilCalled(IdleThread rest)
    {
        lock (rest)
        {
            while (!rest.IsCalled && Monitor.Wait(rest, IdleLimit))
            {
            }
        }

        lock (_gate)
        {
            if (!rest.IsCalled)
            {
                _idle.Remove(rest);
                _threadCount--;
                return false;
            }

            _promptCount -= rest.PromptEpoch == _promptEpoch ? 1 : 0;
            return true;
        }
    }

    private void BeginTurnUnsynchronized(ref Turn turn, MultiplexedExecution execution)
    {
        _takenCount++;
        if (execution.IsQuick)
        {
            turn.PromptEpoch = _promptEpoch;
            _promptCount++;
        }

        if (_line.Count > 0)
        {
            CallIfNeededUnsynchronized();
        }
    }

    private void EndTurnUnsynchronized(ref Turn turn)
    {
        _recentTicks += turn.Length.Ticks - (_recentTicks / 16);
        if (turn.PromptEpoch == _promptEpoch)
        {
            _promptCount--;
        }

        turn.PromptEpoch = 0;
    }

    /// <summary>What a thread remembers of the turn that it gives.</summary>
    private struct Turn
    {
        /// <summary>Set while the thread is counted among those that come back soon; see <see cref="_promptEpoch"/>.</summary>
        internal int PromptEpoch;

        internal TimeSpan Length;
    }

    /// <summary>A thread that waits to be called. Its fields are guarded by <see cref="_gate"/>; <see cref="IsCalled"/> is set with the thread's own lock as well.</summary>
    private sealed class IdleThread
    {
        internal bool IsCalled;

        /// <summary>Set when it is called: from then on it counts among those that come soon.</summary>
        internal int PromptEpoch;
    }
}
