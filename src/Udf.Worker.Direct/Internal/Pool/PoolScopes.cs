namespace Udf.Worker.Direct.Internal;

/// <summary>The scopes of one pool. Thread safe, and apart from the lock of the book, but for <see cref="Opened"/>.</summary>
/// <param name="pool">The pool.</param>
/// <param name="name">What errors call a worker of it.</param>
/// <param name="limits">The limits of the sessions without a scope.</param>
/// <param name="namedLimits">Those of each scope.</param>
internal sealed class PoolScopes(WorkerPool pool, string name, PoolLimits limits, PoolLimits namedLimits)
{
    private readonly PoolScope _unscoped = new(pool, null, name, limits);
    private readonly ScopeTable<PoolScope> _named = new();

    /// <summary>Those that have a key in the book. Touched under the lock of the book only.</summary>
    public List<PoolScope> Opened { get; } = [];

    /// <summary>The scope, made when it is asked for first.</summary>
    public PoolScope Get(WorkerSecurityScope? scope)
    {
        if (scope is null)
        {
            return _unscoped;
        }

        // Looked up first: what makes one would be allocated for each session.
        ScopeTable<PoolScope>.Entry entry = _named.Find(scope) ?? _named.GetOrAdd(scope, made => new PoolScope(pool, made, $"{name} for scope '{made}'", namedLimits));
        entry.Value.Entry = entry;
        return entry.Value;
    }

    /// <summary>Takes out one whose key was forgotten; the next session of the same scope makes another.</summary>
    public void Remove(PoolScope scope)
    {
        if (scope.Entry is { } entry)
        {
            _named.Remove(entry);
        }
    }
}
