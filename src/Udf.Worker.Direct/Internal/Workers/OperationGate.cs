namespace Udf.Worker.Direct.Internal;

/// <summary>Counts the operations that are under way, and lets a close wait for them while it keeps new ones out. Thread safe.</summary>
internal sealed class OperationGate
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate.
    private int _count;
    private bool _isClosed;

    /// <summary>Whether new operations are kept out.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Begins an operation; <see cref="Exit"/> ends it.</summary>
    /// <returns>Whether it may begin.</returns>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _count++;
            return true;
        }
    }

    /// <summary>Ends an operation.</summary>
    public void Exit()
    {
        lock (_gate)
        {
            if (--_count == 0 && _isClosed)
            {
                _empty.TrySetResult();
            }
        }
    }

    /// <summary>Keeps new operations out.</summary>
    /// <returns>Completes when those under way have ended.</returns>
    public Task Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_count == 0)
            {
                _empty.TrySetResult();
            }
        }

        return _empty.Task;
    }
}
