namespace Udf.Worker.Direct.Internal;

// What is asked of the pool as a whole.
internal sealed partial class WorkerPool
{
    /// <summary>Starts workers ahead and waits until those that start are ready.</summary>
    /// <returns>How many are idle then.</returns>
    /// <exception cref="WorkerException">One could not be started, or is not now because starts have failed: then this is the last failure.</exception>
    /// <exception cref="OperationCanceledException">The token fell. The workers are started all the same.</exception>
    public async Task<int> WarmUpAsync(int count, WorkerSecurityScope? scope, CancellationToken cancellationToken)
    {
        PoolScope of = Scopes.Get(scope);
        while (true)
        {
            if (Keeper.Do((of, count), WarmUp) is not var (starting, hindrance))
            {
                // Forgotten since it was looked up.
                Scopes.Remove(of);
                of = Scopes.Get(scope);
                continue;
            }

            if (await FirstFailureAsync(starting, cancellationToken).ConfigureAwait(false) is { } failure)
            {
                throw StartFailures.Another(failure);
            }

            if (hindrance is null)
            {
                return Keeper.Do(of, static (PoolBook _, PoolScope of, TimeSpan _, ref PoolEffects _) => of.Pool._phase == PoolKeyPhase.Open ? of.Key!.IdleCount : throw of.Pool.Refused());
            }

            if (starting.Length == 0)
            {
                throw StartFailures.Another(hindrance);
            }

            // The one start that was tried has succeeded: now the others may be.
        }
    }

    private static async Task<Exception?> FirstFailureAsync(PoolSlot[] starting, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        foreach (PoolSlot slot in starting)
        {
            // One that was ended before it was ready has not failed.
            Exception? ending = await PooledWorker.Of(slot).Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            failure ??= ending as OperationCanceledException is null ? ending : null;
        }

        return failure;
    }

    /// <summary>Gives out no more workers, and waits until those that are out have come back and all are gone.</summary>
    /// <param name="limit">How long sessions may go on; then their workers are ended.</param>
    /// <param name="cancellationToken">Ends the wait; the pool gives out no workers all the same.</param>
    /// <returns>Whether all sessions ended in time.</returns>
    public async Task<bool> DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Task emptied = Task.WhenAll(Keeper.Do(this, static (PoolBook book, WorkerPool self, TimeSpan now, ref PoolEffects effects) =>
        {
            self._phase = self._phase == PoolKeyPhase.Open ? PoolKeyPhase.Draining : self._phase;
            List<Task> scopes = [];
            foreach (PoolScope scope in self.Scopes.Opened)
            {
                if (scope.Key is { } key)
                {
                    book.Drain(key, now, ref effects);
                    scopes.Add(scope.Emptied);
                }
            }

            return scopes;
        }));
        try
        {
            await emptied.WaitAsync(limit, Keeper.Clock, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            await Close().ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>New sessions get new workers; those that run keep theirs, which end then.</summary>
    public void Replace() => Keeper.Do(this, static (PoolBook book, WorkerPool self, TimeSpan now, ref PoolEffects effects) =>
    {
        foreach (PoolScope scope in self.Scopes.Opened)
        {
            if (scope.Key is { Phase: PoolKeyPhase.Open } key)
            {
                book.Replace(key, now, ref effects);
            }
        }

        return 0;
    });

    /// <summary>Gives out no more workers, and ends all that there are at the same time, whatever runs on them.</summary>
    /// <returns>Ends when they are gone. Each takes its own time limits; starts are waited for as long as one may take.</returns>
    public Task Close()
    {
        PoolSlot[] slots = Keeper.Do(this, static (PoolBook book, WorkerPool self, TimeSpan now, ref PoolEffects effects) =>
        {
            self._phase = PoolKeyPhase.Closed;
            List<PoolSlot> slots = [];
            foreach (PoolScope scope in self.Scopes.Opened)
            {
                if (scope.Key is { } key)
                {
                    slots.AddRange(key.Slots);
                    book.Close(key, now, ref effects);
                }
            }

            return slots.ToArray();
        });
        if (_options.Budget is null)
        {
            Keeper.Stop();
        }

        // The end of a worker is bounded by itself; that of a start is not, if a hook does not listen to its token.
        ILookup<bool, Task> ends = slots.Select(PooledWorker.Of).ToLookup(static worker => worker.Started.IsCompleted, static worker => worker.Ended);
        Task starts = Task.WhenAll(ends[false]);
        return Task.WhenAll([.. ends[true], _guard.RunAsync("wait for the sessions being created", () => new ValueTask(starts), _startLimit).AsTask()]);
    }

    /// <summary>What each scope has, and what has happened in it.</summary>
    public IReadOnlyList<WorkerPoolStatistics> Snapshot() => Keeper.Do(this, static (PoolBook book, WorkerPool self, TimeSpan now, ref PoolEffects _) =>
    {
        List<WorkerPoolStatistics> all = [];
        foreach (PoolScope scope in self.Scopes.Opened)
        {
            if (scope.Key is { Phase: not PoolKeyPhase.Closed } key)
            {
                all.Add(book.Snapshot(key, scope.Scope, now));
            }
        }

        return all;
    });

    // Those that are being started ahead, and the failure because of which no more are; null if the key was forgotten.
    private static (PoolSlot[] Starting, Exception? Hindrance)? WarmUp(PoolBook book, (PoolScope Scope, int Count) asked, TimeSpan now, ref PoolEffects effects)
    {
        if (asked.Scope.Pool.TryOpen(book, asked.Scope) is not { } key)
        {
            throw asked.Scope.Pool.Refused();
        }

        if (key.Phase == PoolKeyPhase.Closed)
        {
            return null;
        }

        bool isHindered = book.WarmUp(key, asked.Count, now, ref effects) < asked.Count && key.IsFailing;
        PoolSlot[] starting = [.. key.Slots.Where(slot => slot.State == PoolSlotState.Starting && (slot.IsAhead || isHindered))];
        return (starting, isHindered ? key.LastFailure : null);
    }
}
