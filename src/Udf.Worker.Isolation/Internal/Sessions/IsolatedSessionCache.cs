using Microsoft.Extensions.Logging;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// All isolated sessions of a worker. The map has each from its creation until its clean-up has ended, and at most one for an id; beside it stands the order of use of those that are
/// not evicted: at most so many, and none that nobody has used for so long. An evicted session that is in use stays in the map until its last release, or until it is wanted again.
/// </summary>
/// <remarks>
/// Thread safe. Map, order and states change together, under one lock: with a lock each, there is a moment in which a session has left the cache and is not yet marked, and whoever
/// looks for it then makes a second one of the same id. Contents are made under the lock and must be cheap to make; they are disposed outside it.
/// </remarks>
internal sealed partial class IsolatedSessionCache<TContent> : IAsyncDisposable
    where TContent : IDisposable
{
    private readonly Func<string, TContent> _create;
    private readonly int _maximumCount;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly ITimer _idleTimer;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<string, IsolatedSession<TContent>> _sessions = new(StringComparer.Ordinal);
    private readonly LinkedList<IsolatedSession<TContent>> _byUse = new();
    private bool _isTimerSet;
    private bool _isDisposed;

    /// <param name="create">Makes what a session holds, given its id. Called under the lock.</param>
    /// <param name="maximumCount">How many sessions may be kept; at least 1.</param>
    /// <param name="idleTimeout">How long an unused one is kept; infinite for ever.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Where evictions and failed clean-ups are told.</param>
    internal IsolatedSessionCache(Func<string, TContent> create, int maximumCount, TimeSpan idleTimeout, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCount, 1);
        _create = create;
        _maximumCount = maximumCount;
        _idleTimeout = idleTimeout;
        _timeProvider = timeProvider;
        _logger = logger;
        _idleTimer = timeProvider.CreateTimer(static cache => ((IsolatedSessionCache<TContent>)cache!).EvictIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many sessions are there, with those that are evicted and not yet cleaned up.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Gets or makes the session of an id, and acquires it for the caller, who releases it exactly once. Waits while an earlier session of the same id is being cleaned up.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token fell while it waited.</exception>
    internal ValueTask<IsolatedSession<TContent>> ObtainAsync(string id, CancellationToken cancellationToken = default)
    {
        return TryObtain(id, out IsolatedSession<TContent>? session, out Task? earlierIsGone)
            ? new ValueTask<IsolatedSession<TContent>>(session)
            : ObtainLaterAsync(id, earlierIsGone, cancellationToken);
    }

    /// <summary>The end of what <see cref="ObtainAsync"/> began.</summary>
    internal void Release(IsolatedSession<TContent> session)
    {
        bool isCleanUpDue;
        lock (_gate)
        {
            isCleanUpDue = session.State.Release();
            if (!session.State.IsEvicted)
            {
                TouchUnsynchronized(session);
                if (session.State.UserCount == 0 && !_isTimerSet)
                {
                    SetTimerUnsynchronized(_idleTimeout);
                }
            }
        }

        if (isCleanUpDue)
        {
            CleanUp(session);
        }
    }

    /// <summary>Evicts the session of an id, if there is one: it is cleaned up now, or at its last release.</summary>
    internal bool Evict(string id)
    {
        IsolatedSession<TContent>? session;
        bool isCleanUpDue;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out session) || session.State.IsEvicted)
            {
                return false;
            }

            isCleanUpDue = EvictUnsynchronized(session);
        }

        TellAndCleanUp(session, isCleanUpDue, "it was asked for");
        return true;
    }

    /// <summary>Evicts all sessions and waits until the last of them is cleaned up, which is after its last release. No session can be obtained any more.</summary>
    public async ValueTask DisposeAsync()
    {
        List<(IsolatedSession<TContent> Session, bool IsCleanUpDue)> evicted = [];
        Task[] gone;
        lock (_gate)
        {
            _isDisposed = true;
            while (_byUse.First is { } place)
            {
                evicted.Add((place.Value, EvictUnsynchronized(place.Value)));
            }

            gone = [.. _sessions.Values.Select(session => session.Gone)];
        }

        await _idleTimer.DisposeAsync().ConfigureAwait(false);
        foreach ((IsolatedSession<TContent> session, bool isCleanUpDue) in evicted)
        {
            TellAndCleanUp(session, isCleanUpDue, "the worker ends");
        }

        await Task.WhenAll(gone).ConfigureAwait(false);
    }

    private async ValueTask<IsolatedSession<TContent>> ObtainLaterAsync(string id, Task earlierIsGone, CancellationToken cancellationToken)
    {
        // Several may wait for the same end; one of them makes the new session, and that one may be evicted and cleaned up again before the others have looked.
        while (true)
        {
            await earlierIsGone.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (TryObtain(id, out IsolatedSession<TContent>? session, out Task? next))
            {
                return session;
            }

            earlierIsGone = next;
        }
    }

    private bool TryObtain(
        string id,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IsolatedSession<TContent>? session,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Task? earlierIsGone)
    {
        IsolatedSession<TContent>? evicted = null;
        bool isCleanUpDue = false;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            earlierIsGone = null;
            if (!_sessions.TryGetValue(id, out session))
            {
                session = new IsolatedSession<TContent>(id, _create(id));
                _sessions.Add(id, session);
            }

            if (!session.State.Acquire())
            {
                if (!session.State.TryUnEvict())
                {
                    // Its clean-up is under way. It cannot be had back, and a new one must not begin beside it.
                    earlierIsGone = session.Gone;
                    session = null;
                    return false;
                }

                session.State.Acquire();
            }

            TouchUnsynchronized(session);
            if (_byUse.Count > _maximumCount)
            {
                evicted = _byUse.First!.Value;
                isCleanUpDue = EvictUnsynchronized(evicted);
            }
        }

        if (evicted is not null)
        {
            TellAndCleanUp(evicted, isCleanUpDue, "others were used later");
        }

        return true;
    }

    private void TouchUnsynchronized(IsolatedSession<TContent> session)
    {
        session.LastUse = _timeProvider.GetTimestamp();
        if (session.Place.List is not null)
        {
            _byUse.Remove(session.Place);
        }

        _byUse.AddLast(session.Place);
    }
}
