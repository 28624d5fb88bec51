namespace Udf.Worker.Testing;

/// <summary>One direction of a pair of streams in memory: bounded, so that a writer waits for a slow reader. Thread safe; one reader and one writer at a time.</summary>
public sealed class ByteQueue(int capacity)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly byte[] _ring = new byte[capacity];
    private int _start;
    private int _count;
    private bool _ended;
    private bool _broken;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All bytes that were ever written.</summary>
    public long WrittenBytes { get; private set; }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_broken)
                {
                    throw new IOException("The stream was disposed.");
                }

                if (_count > 0 || _ended)
                {
                    int count = Math.Min(_count, buffer.Length);
                    for (int index = 0; index < count; index++)
                    {
                        buffer.Span[index] = _ring[(_start + index) % capacity];
                    }

                    _start = (_start + count) % capacity;
                    _count -= count;
                    Change();
                    return count;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Task changed;
            lock (_gate)
            {
                if (_broken || _ended)
                {
                    throw new IOException("The peer has closed the stream.");
                }

                int count = Math.Min(capacity - _count, bytes.Length);
                for (int index = 0; index < count; index++)
                {
                    _ring[(_start + _count + index) % capacity] = bytes.Span[index];
                }

                _count += count;
                WrittenBytes += count;
                bytes = bytes[count..];
                if (count > 0)
                {
                    Change();
                }

                changed = _changed.Task;
            }

            if (!bytes.IsEmpty)
            {
                await changed;
            }
        }
    }

    /// <summary>The writer is done: what is there can still be read.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Change();
        }
    }

    /// <summary>The reader is gone: who waits fails.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _broken = true;
            Change();
        }
    }

    private void Change()
    {
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
