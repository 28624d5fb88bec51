namespace Udf.Worker.Direct.Internal;

/// <summary>The workers of one dispatcher, from the moment one is ready until it is gone. Thread safe. Once closed it takes no more.</summary>
internal sealed class WorkerRegistry
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly HashSet<LocalWorker> _workers = [];
    private bool _isClosed;

    /// <summary>How many workers there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _workers.Count;
            }
        }
    }

    /// <summary>Makes a worker known, after its lease was acquired.</summary>
    /// <returns>Whether it was taken: not when the registry is closed. The caller ends it then.</returns>
    public bool TryPublish(LocalWorker worker)
    {
        lock (_gate)
        {
            return !_isClosed && _workers.Add(worker);
        }
    }

    /// <summary>Ends a worker. It is known until it is gone, so that a dispatcher that closes meanwhile waits for the same end.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="reason">Why.</param>
    /// <param name="isIdle">Whether no session runs on it, and none has failed.</param>
    public async Task EndAsync(LocalWorker worker, string reason, bool isIdle = false)
    {
        await worker.TerminateAsync(reason, isIdle).ConfigureAwait(false);
        lock (_gate)
        {
            _workers.Remove(worker);
        }
    }

    /// <summary>Takes no more workers, and ends all that there are at the same time.</summary>
    public Task CloseAsync(string reason)
    {
        LocalWorker[] workers;
        lock (_gate)
        {
            _isClosed = true;
            workers = [.. _workers];
        }

        return Task.WhenAll(workers.Select(worker => EndAsync(worker, reason)));
    }
}
