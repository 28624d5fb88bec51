namespace Udf.Worker.Host.Internal;

/// <summary>What runs in this worker: counted against its capacity, and found by id. Holds at most as many executions as the capacity allows.</summary>
/// <remarks>Safe from any thread.</remarks>
internal sealed class ExecutionRegistry(int capacity)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly HashSet<RunningExecution> _running = [];
    private readonly HashSet<IStoppable> _connections = [];
    private int _insideCount;
    private int _leavingCount;
    private ExecutionStop _stop;
    private string _stopReason = "";
    private TaskCompletionSource _settled = NewCompleted();

    /// <summary>Whether one more execution could begin now. For a connection that is being opened; nothing is taken.</summary>
    internal bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                return _running.Count < capacity;
            }
        }
    }

    /// <summary>Whether every execution has come to its end, though the message that says so may be on its way: what an engine that has read them all takes for granted.</summary>
    internal bool IsSettled
    {
        get
        {
            lock (_gate)
            {
                return _insideCount == 0;
            }
        }
    }

    /// <summary>Ends when every execution has come to its end and every terminator is sent. Another execution may begin later.</summary>
    internal Task Settled
    {
        get
        {
            lock (_gate)
            {
                return _settled.Task;
            }
        }
    }

    /// <summary>An execution begins, if there is room.</summary>
    internal bool TryBegin(RunningExecution execution)
    {
        lock (_gate)
        {
            return _running.Count < capacity && _running.Add(execution);
        }
    }

    /// <summary>An execution has ended: its function is gone. Called before its terminator is sent, so that whoever reads that may begin the next at once.</summary>
    internal void End(RunningExecution execution)
    {
        lock (_gate)
        {
            _running.Remove(execution);
        }
    }

    /// <summary>Cancels every execution with this id.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Cancel(string executionId, string? reason)
    {
        RunningExecution[] found;
        lock (_gate)
        {
            found = [.. _running.Where(execution => execution.Id == executionId)];
        }

        foreach (RunningExecution execution in found)
        {
            execution.RequestCancel(reason);
        }

        return found.Length > 0;
    }

    /// <summary>A connection begins to be served. If the worker is being stopped, it hears of that at once.</summary>
    internal void Add(IStoppable connection)
    {
        ExecutionStop stop;
        string reason;
        lock (_gate)
        {
            _connections.Add(connection);
            (stop, reason) = (_stop, _stopReason);
        }

        if (stop != ExecutionStop.None)
        {
            connection.Stop(stop, reason);
        }
    }

    internal void Remove(IStoppable connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    /// <summary>Stops every connection, those that come later too.</summary>
    internal void StopAll(ExecutionStop stop, string reason)
    {
        IStoppable[] connections;
        lock (_gate)
        {
            _stop |= stop;
            _stopReason = reason;
            connections = [.. _connections];
        }

        foreach (IStoppable connection in connections)
        {
            connection.Stop(stop, reason);
        }
    }

    /// <summary>A connection has gone into an execution.</summary>
    internal void Enter()
    {
        lock (_gate)
        {
            if (_insideCount++ + _leavingCount == 0)
            {
                _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>A connection's execution has come to its end, and its terminator is about to be sent.</summary>
    internal void BeginLeave()
    {
        lock (_gate)
        {
            _insideCount--;
            _leavingCount++;
        }
    }

    /// <summary>The terminator is sent, or there is nobody to send it to.</summary>
    internal void EndLeave()
    {
        TaskCompletionSource? settled = null;
        lock (_gate)
        {
            if (--_leavingCount + _insideCount == 0)
            {
                settled = _settled;
            }
        }

        settled?.TrySetResult();
    }

    private static TaskCompletionSource NewCompleted()
    {
        TaskCompletionSource source = new();
        source.SetResult();
        return source;
    }
}
