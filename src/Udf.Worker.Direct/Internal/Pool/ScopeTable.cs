using System.Collections.Concurrent;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// What is kept for each security scope. How scopes are compared is the user's code: it runs on the thread of who looks one up, under no lock, so that one that is slow or throws is its caller's matter alone.
/// Nothing is compared when an entry is taken out. Thread safe.
/// </summary>
/// <typeparam name="TValue">What is kept.</typeparam>
internal sealed class ScopeTable<TValue>
    where TValue : class
{
    // By hash; entries with the same hash stand in one array, which is replaced as a whole.
    private readonly ConcurrentDictionary<int, Entry[]> _entries = new();

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty => _entries.IsEmpty;

    /// <summary>All entries.</summary>
    public IEnumerable<Entry> Entries => _entries.SelectMany(static chain => chain.Value);

    /// <summary>The entry of a scope; <see langword="null"/> if there is none.</summary>
    public Entry? Find(WorkerSecurityScope? scope) => _entries.TryGetValue(HashOf(scope), out Entry[]? chain) ? Find(chain, scope) : null;

    /// <summary>The entry of a scope, made if there is none.</summary>
    /// <param name="scope">The scope; <see langword="null"/> for none, which is one of its own.</param>
    /// <param name="make">Makes what is kept; it may be called in vain.</param>
    public Entry GetOrAdd(WorkerSecurityScope? scope, Func<WorkerSecurityScope?, TValue> make)
    {
        int hash = HashOf(scope);
        Entry? made = null;
        while (true)
        {
            bool isKnown = _entries.TryGetValue(hash, out Entry[]? chain);
            if (isKnown && Find(chain!, scope) is { } found)
            {
                return found;
            }

            made ??= new Entry(scope, hash, make(scope));
            if (isKnown ? _entries.TryUpdate(hash, [.. chain!, made], chain!) : _entries.TryAdd(hash, [made]))
            {
                return made;
            }
        }
    }

    /// <summary>Takes an entry out. Without effect if that was done.</summary>
    public void Remove(Entry entry)
    {
        while (_entries.TryGetValue(entry.Hash, out Entry[]? chain) && Array.IndexOf(chain, entry) >= 0)
        {
            Entry[] rest = [.. chain.Where(other => other != entry)];
            if (rest.Length == 0 ? _entries.TryRemove(KeyValuePair.Create(entry.Hash, chain)) : _entries.TryUpdate(entry.Hash, rest, chain))
            {
                return;
            }
        }
    }

    private static Entry? Find(Entry[] chain, WorkerSecurityScope? scope)
    {
        foreach (Entry entry in chain)
        {
            // The same object is the same scope, whatever it says itself.
            if (ReferenceEquals(entry.Scope, scope) || (scope is not null && entry.Scope is { } known && known.Equals(scope)))
            {
                return entry;
            }
        }

        return null;
    }

    private static int HashOf(WorkerSecurityScope? scope) => scope?.GetHashCode() ?? 0;

    /// <summary>One scope and what is kept for it.</summary>
    internal sealed class Entry(WorkerSecurityScope? scope, int hash, TValue value)
    {
        public WorkerSecurityScope? Scope => scope;

        public int Hash => hash;

        public TValue Value => value;
    }
}
