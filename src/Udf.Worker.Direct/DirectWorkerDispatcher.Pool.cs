namespace Udf.Worker.Direct;

// What a host may ask of the pool.
public abstract partial class DirectWorkerDispatcher
{
    /// <summary>What the pool has, and what has happened in it: one entry for each security scope that has workers or callers, and one for sessions without a scope once there was one.</summary>
    /// <returns>All of the same moment. A scope of which nothing is left is forgotten, with its counters.</returns>
    public IReadOnlyList<WorkerPoolStatistics> GetStatistics() => _pool.Snapshot();

    /// <summary>Prepares the environment and starts workers ahead, and waits until they are ready. From now on <see cref="WorkerPoolOptions.MinIdleWorkers"/> are kept.</summary>
    /// <param name="count">How many idle workers there are to be, at least; the limits of the pool hold.</param>
    /// <param name="scope">Whom they serve; <see langword="null"/> for sessions without a scope.</param>
    /// <param name="cancellationToken">Ends the wait. Workers that have begun to start go on.</param>
    /// <returns>How many workers are idle now: fewer than asked for if a limit was reached, or if they were given to sessions meanwhile.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher is closed or drained.</exception>
    /// <exception cref="WorkerException">The environment cannot be prepared, or a worker could not be started; those that could be are idle. While starts fail and the next is not due yet
    /// (<see cref="WorkerPoolOptions.StartRetryDelay"/>), the last failure; the minimum is filled all the same as soon as starts succeed again.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public async Task<int> WarmUpAsync(int count, WorkerSecurityScope? scope = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        cancellationToken.ThrowIfCancellationRequested();
        Enter();
        try
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            await _environment.EnsureReadyAsync(linked.Token).ConfigureAwait(false);
            return await _pool.WarmUpAsync(count, scope, linked.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ObjectDisposedException && _closing.IsCancellationRequested)
        {
            throw Closed(exception);
        }
        finally
        {
            _operations.Exit();
        }
    }

    /// <summary>
    /// Makes no sessions any more, and waits until those that run have ended; their workers and all others end. What is left then is for <see cref="DisposeAsync"/>, which has nothing to wait for any more.
    /// </summary>
    /// <param name="limit">How long sessions may go on: positive, or <see cref="Timeout.InfiniteTimeSpan"/>. Then their workers are ended, and they fail.</param>
    /// <param name="cancellationToken">Ends the wait; sessions go on, and no new ones are made all the same.</param>
    /// <returns>Whether all sessions had ended, and their workers were gone, within the limit.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is neither.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public Task<bool> DrainAsync(TimeSpan limit, CancellationToken cancellationToken = default)
    {
        if (limit != Timeout.InfiniteTimeSpan && (limit <= TimeSpan.Zero || limit.TotalMilliseconds > uint.MaxValue - 1))
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, $"The limit must be positive and below 50 days, or {nameof(Timeout)}.{nameof(Timeout.InfiniteTimeSpan)}.");
        }

        return _pool.DrainAsync(limit, cancellationToken);
    }

    /// <summary>
    /// Gives new sessions new workers, for a new version of the code that they run; sessions that run keep theirs, which end then. Idle workers end now, and the minimum is started anew. What is known of
    /// failed starts is forgotten. Returns at once.
    /// </summary>
    public void ReplaceWorkers() => _pool.Replace();
}
