namespace Udf.Worker.Direct.Internal;

/// <summary>The workers of one dispatcher for one security scope: what the shell knows beside the key of the book. Thread safe.</summary>
/// <param name="pool">Whose it is.</param>
/// <param name="scope">Whom its workers serve.</param>
/// <param name="name">What errors call one of them.</param>
/// <param name="limits">What is kept to.</param>
internal sealed class PoolScope(WorkerPool pool, WorkerSecurityScope? scope, string name, PoolLimits limits)
{
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whose it is.</summary>
    public WorkerPool Pool => pool;

    /// <summary>Whom the workers serve; <see langword="null"/> for sessions without a scope.</summary>
    public WorkerSecurityScope? Scope => scope;

    /// <summary>The key in the book, from the first use on. Written under the lock of the book, and once.</summary>
    public PoolKeyState? Key { get; private set; }

    /// <summary>Where it stands among the scopes of its pool; the same whoever writes it.</summary>
    public ScopeTable<PoolScope>.Entry? Entry { get; set; }

    /// <summary>Ends when the key, drained or closed, has no workers left.</summary>
    public Task Emptied => _emptied.Task;

    /// <summary>The scope that a key of the book belongs to.</summary>
    public static PoolScope Of(PoolKeyState key) => (PoolScope)key.Tag!;

    /// <summary>Opens the key, unless that was done. Called under the lock of the book.</summary>
    public PoolKeyState Open(PoolBook book)
    {
        if (Key is null)
        {
            Key = book.Open(name, limits);
            Key.Tag = this;
            pool.Scopes.Opened.Add(this);
        }

        return Key;
    }

    public void SetEmptied() => _emptied.TrySetResult();

    /// <summary>
    /// Forgets the key if it has nothing to remember, so that scopes that do not come back leave nothing behind. Called under the lock of the book; if it was forgotten, the caller then takes the scope out of its
    /// pool. The key without a scope stays, with its counters: there is one only.
    /// </summary>
    /// <returns>Whether it was forgotten.</returns>
    public bool TryForget(PoolBook book, TimeSpan now)
    {
        if (scope is null || !book.TryForget(Key!, now))
        {
            return false;
        }

        pool.Scopes.Opened.Remove(this);
        SetEmptied();
        return true;
    }

    /// <summary>Forgets all keys of a book that have nothing to remember. Called under its lock.</summary>
    public static List<PoolScope>? ForgetUnused(PoolBook book, TimeSpan now)
    {
        List<PoolScope>? unused = null;
        foreach (PoolKeyState key in book.Keys)
        {
            if (key is { WorkerCount: 0, WaitingCount: 0, Phase: PoolKeyPhase.Open })
            {
                (unused ??= []).Add(Of(key));
            }
        }

        unused?.RemoveAll(scope => !scope.TryForget(book, now));
        return unused;
    }
}
