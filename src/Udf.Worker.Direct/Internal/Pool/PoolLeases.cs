namespace Udf.Worker.Direct.Internal;

/// <summary>The leases of one worker that no session has: at most as many as sessions have run on it at a time. Thread safe.</summary>
internal sealed class PoolLeases
{
    private readonly Lock _gate = new();

    // Guarded by _gate. The one given back last.
    private PoolLease? _first;

    /// <summary>Takes one for a session, whose place the book has counted; makes one if there is none.</summary>
    public PoolLease Take(PooledWorker pooled, WorkerPool pool)
    {
        PoolLease? lease;
        lock (_gate)
        {
            lease = _first;
            _first = lease?.Next;
        }

        lease ??= new PoolLease(pooled, pool);
        lease.Next = null;
        lease.Begin();
        return lease;
    }

    /// <summary>Keeps one that was given back, for the next session.</summary>
    public void Add(PoolLease lease)
    {
        lock (_gate)
        {
            lease.Next = _first;
            _first = lease;
        }
    }
}
