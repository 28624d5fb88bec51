using System.Collections.Concurrent;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The scopes of one pool. Thread safe, and apart from the lock of the book: how scopes are compared is the user's code.
/// </summary>
/// <param name="pool">The pool.</param>
/// <param name="name">What errors call a worker of it.</param>
/// <param name="limits">The limits of the sessions without a scope.</param>
/// <param name="namedLimits">Those of each scope.</param>
internal sealed class PoolScopes(WorkerPool pool, string name, PoolLimits limits, PoolLimits namedLimits)
{
    private readonly PoolScope _unscoped = new(pool, null, name, limits);
    private readonly ConcurrentDictionary<WorkerSecurityScope, PoolScope> _named = new();

    /// <summary>The scope, made when it is asked for first.</summary>
    public PoolScope Get(WorkerSecurityScope? scope) => scope is null ? _unscoped : _named.TryGetValue(scope, out PoolScope? known) ? known : _named.GetOrAdd(scope, new PoolScope(pool, scope, $"{name} for scope '{scope}'", namedLimits));

    /// <summary>Takes out one whose key was forgotten; the next session of the same scope makes another.</summary>
    public void Remove(PoolScope scope)
    {
        if (scope.Scope is { } named)
        {
            _named.TryRemove(new KeyValuePair<WorkerSecurityScope, PoolScope>(named, scope));
        }
    }

    /// <summary>All of them.</summary>
    public PoolScope[] All() => [_unscoped, .. _named.Values];
}
