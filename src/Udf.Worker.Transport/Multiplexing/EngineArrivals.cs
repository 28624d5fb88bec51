using System.Collections.Concurrent;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The waits on an engine's connection that have been answered and whose waiters have not been told yet. They are told on the thread pool, one after the other, and what they send next leaves together
/// when all of them have been told, or sooner if it is much. Whoever is told may block: then another thread goes on with the rest.
/// </summary>
/// <remarks>Thread safe. Holds at most one entry for each stream.</remarks>
/// <param name="flush">Writes what there is to write, unless somebody is writing.</param>
/// <param name="output">What there is to write.</param>
internal sealed class EngineArrivals(Action flush, MultiplexedOutput output) : IThreadPoolWorkItem
{
    /// <summary>So much is sent before the rest has been told: the worker begins with it meanwhile.</summary>
    private const int EnoughBytes = 8 * 1024;

    /// <summary>So many are told by one work item; then others that use the thread pool have their turn.</summary>
    private const int MostAtOnce = 1024;

    private readonly ConcurrentQueue<MultiplexedStream> _arrived = new();
    private int _isScheduled;

    // The reader's alone: what one receive has answered.
    private readonly List<MultiplexedStream> _batch = [];
    private int _batchThreadId;

    /// <summary>Whether there is nobody to tell.</summary>
    internal bool IsEmpty => _arrived.IsEmpty;

    /// <summary>The reader goes through what it has received. What that answers is told when it is through: whoever is told, and sends, would otherwise find nobody else to send with.</summary>
    internal void BeginReceived() => Volatile.Write(ref _batchThreadId, Environment.CurrentManagedThreadId);

    /// <summary>The reader is through.</summary>
    internal void EndReceived()
    {
        Volatile.Write(ref _batchThreadId, 0);
        if (_batch.Count == 0)
        {
            return;
        }

        foreach (MultiplexedStream stream in _batch)
        {
            _arrived.Enqueue(stream);
        }

        _batch.Clear();
        Schedule();
    }

    /// <summary>A wait has been answered.</summary>
    internal void Add(MultiplexedStream stream)
    {
        if (Volatile.Read(ref _batchThreadId) == Environment.CurrentManagedThreadId)
        {
            _batch.Add(stream);
            return;
        }

        _arrived.Enqueue(stream);
        Schedule();
    }

    /// <summary>Tells them, and has written what follows. Called on a thread that may be used up.</summary>
    internal void Run()
    {
        int count = 0;
        while (_arrived.TryDequeue(out MultiplexedStream? stream))
        {
            stream.Tell();
            if (output.FilledBytes >= EnoughBytes)
            {
                flush();
            }

            if (++count == MostAtOnce)
            {
                Schedule();
                break;
            }
        }

        flush();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // In this order: who adds one from now on calls another thread, and there is one for those that are left here, because the first that is told may never come back.
        Interlocked.Exchange(ref _isScheduled, 0);
        if (!_arrived.TryDequeue(out MultiplexedStream? first))
        {
            return;
        }

        if (!_arrived.IsEmpty)
        {
            Schedule();
        }

        first.Tell();
        Run();
    }

    private void Schedule()
    {
        if (Volatile.Read(ref _isScheduled) == 0 && Interlocked.Exchange(ref _isScheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
