using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <summary>The sessions of an engine and their artifacts: each session in its own directory under one root, found by its user and its name. The root outlives them.</summary>
/// <remarks>Thread safe. A store that is forgotten without being disposed deletes its sessions' directories when it is collected.</remarks>
public sealed class ArtifactStore : IAsyncDisposable
{
    private readonly ArtifactStoreOptions _options;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<(string UserId, string SessionId), ArtifactSession> _sessions = [];
    private bool _isTimerSet;
    private bool _isDisposed;

    /// <summary>Creates a store.</summary>
    /// <param name="options">Where and how much; <see langword="null"/> for the defaults.</param>
    /// <exception cref="IOException">The root cannot be made.</exception>
    public ArtifactStore(ArtifactStoreOptions? options = null)
    {
        _options = options ?? new ArtifactStoreOptions();
        RootDirectory = _options.RootDirectory is { } root ? Path.GetFullPath(root) : Directory.CreateTempSubdirectory("udf-artifacts-").FullName;
        PrivateDirectory.Create(RootDirectory);

        // The timer must not keep alive what nobody else remembers.
        WeakReference<ArtifactStore> self = new(this);
        _timer = _options.TimeProvider.CreateTimer(
            static state =>
            {
                if (((WeakReference<ArtifactStore>)state!).TryGetTarget(out ArtifactStore? store))
                {
                    store.ExpireSessions();
                }
            },
            self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The directory that has a directory for each session.</summary>
    public string RootDirectory { get; }

    /// <summary>How many sessions there are.</summary>
    public int SessionCount
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>The session of a user, which is made if there is none.</summary>
    /// <param name="userId">The user; may be empty.</param>
    /// <param name="sessionId">The session's name; not empty.</param>
    /// <returns>The session. It may end before it is used (<see cref="ArtifactStoreOptions.SessionIdleTimeout"/>); <see cref="WithSessionAsync"/> makes sure that it does not.</returns>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    /// <exception cref="IOException">The session's directory cannot be made.</exception>
    public ArtifactSession GetOrCreateSession(string userId, string sessionId)
    {
        ArtifactSession session = Begin(userId, sessionId, mustBeNew: false);
        session.EndUse();
        return session;
    }

    /// <summary>Runs code with the artifacts of a session, which is made if there is none, and keeps it from ending meanwhile.</summary>
    /// <param name="userId">The user; may be empty.</param>
    /// <param name="sessionId">The session's name; not empty.</param>
    /// <param name="work">The code.</param>
    /// <returns>What the code returns.</returns>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public async Task<T> WithSessionAsync<T>(string userId, string sessionId, Func<ArtifactSession, Task<T>> work)
    {
        ArtifactSession session = Begin(userId, sessionId, mustBeNew: false);
        try
        {
            return await session.WithSessionAsync(work).ConfigureAwait(false);
        }
        finally
        {
            session.EndUse();
        }
    }

    /// <summary>Makes a session with all that another one has: its files are copied, what it keeps in memory is shared. From then on each goes its own way.</summary>
    /// <param name="source">The other one.</param>
    /// <param name="userId">The user; may be empty.</param>
    /// <param name="sessionId">The new session's name; not empty, and not one of the user's.</param>
    /// <param name="cancellationToken">Gives up; nothing is left then.</param>
    /// <exception cref="ArgumentException">The user has a session of that name.</exception>
    /// <exception cref="ArtifactStorageException">The file system refuses; nothing is left.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed, or the source has ended.</exception>
    public async Task<ArtifactSession> CloneAsync(ArtifactSession source, string userId, string sessionId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.BeginUse();
        try
        {
            ArtifactSession clone = Begin(userId, sessionId, mustBeNew: true);
            bool isWhole = false;
            try
            {
                await clone.CopyFromAsync(source, cancellationToken).ConfigureAwait(false);
                isWhole = true;
                return clone;
            }
            finally
            {
                clone.EndUse();
                if (!isWhole)
                {
                    await clone.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            source.EndUse();
        }
    }

    /// <summary>Ends all sessions and waits until nothing runs in them. The root stays.</summary>
    public async ValueTask DisposeAsync()
    {
        ArtifactSession[] sessions;
        lock (_gate)
        {
            _isDisposed = true;
            sessions = [.. _sessions.Values];
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    /// <summary>The time of a session begins that may come to its end.</summary>
    internal void SessionIsUnused()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                SetTimerUnsynchronized(_options.SessionIdleTimeout);
            }
        }
    }

    internal void SessionEnded(ArtifactSession session)
    {
        lock (_gate)
        {
            // Another one may have the name by now.
            if (_sessions.GetValueOrDefault((session.UserId, session.SessionId)) == session)
            {
                _sessions.Remove((session.UserId, session.SessionId));
            }
        }
    }

    /// <returns>The session, in use.</returns>
    private ArtifactSession Begin(string userId, string sessionId, bool mustBeNew)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);

            // One that is ending keeps its directory to itself; the next of that name has another.
            if (_sessions.TryGetValue((userId, sessionId), out ArtifactSession? session) && session.TryBeginUse())
            {
                if (!mustBeNew)
                {
                    return session;
                }

                session.EndUse();
                throw new ArgumentException($"The user '{userId}' has a session '{sessionId}' already.", nameof(sessionId));
            }

            session = new ArtifactSession(userId, sessionId, this, _options);
            session.BeginUse();
            _sessions[(userId, sessionId)] = session;
            return session;
        }
    }

    private void ExpireSessions()
    {
        ArtifactSession[] sessions;
        lock (_gate)
        {
            _isTimerSet = false;
            sessions = [.. _sessions.Values];
        }

        TimeSpan next = sessions.Select(session => session.Expire()).Min() ?? Timeout.InfiniteTimeSpan;
        lock (_gate)
        {
            if (!_isDisposed)
            {
                SetTimerUnsynchronized(next);
            }
        }
    }

    private void SetTimerUnsynchronized(TimeSpan dueTime)
    {
        if (!_isTimerSet && dueTime != Timeout.InfiniteTimeSpan)
        {
            _isTimerSet = true;
            _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }
}
