using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <summary>
/// One session of an engine: its artifacts, in a directory of its own, and the code that runs with them. It ends when it is disposed, when it was not used for long, or with its store;
/// never while something runs in it. Then its directory is deleted, once.
/// </summary>
/// <remarks>
/// Thread safe. Made by <see cref="ArtifactStore"/>. What is added stays: only <c>classes/</c> may be overwritten and <c>cache/</c> be replaced; the same bytes again are no error.
/// A failed addition leaves nothing and changes nothing that was there.
/// </remarks>
public sealed partial class ArtifactSession : IAsyncDisposable
{
    private readonly ArtifactStoreOptions _options;
    private readonly SessionDirectory _directory;
    private readonly ArtifactIndex _index;
    private readonly ArtifactStore _store;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private ArtifactSet? _artifacts;
    private int _useCount;
    private long _lastUse;
    private bool _isClosing;

    internal ArtifactSession(string userId, string sessionId, ArtifactStore store, ArtifactStoreOptions options)
    {
        UserId = userId;
        SessionId = sessionId;
        Id = Guid.NewGuid().ToString("N");
        _options = options;
        _store = store;
        _directory = new SessionDirectory(store.RootDirectory, Id, options);
        _index = new ArtifactIndex(_directory);
        _lastUse = options.TimeProvider.GetTimestamp();
    }

    /// <summary>Whose session it is.</summary>
    public string UserId { get; }

    /// <summary>What the user calls it. Two users may have sessions of the same name.</summary>
    public string SessionId { get; }

    /// <summary>What the session is called on its way to workers, and its directory in the store: unique, and never used again.</summary>
    public string Id { get; }

    /// <summary>The session's directory.</summary>
    public string Directory => _directory.Location;

    /// <summary>What the session has now, as the value that travels with work.</summary>
    /// <exception cref="ObjectDisposedException">The session has ended.</exception>
    public ArtifactSet Artifacts
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosing && _useCount == 0, this);
                return _artifacts ??= new ArtifactSet(Id, _directory.Published.BaseUri, _index.Snapshot(), _directory.Published.AccessToken);
            }
        }
    }

    /// <summary>The bytes of an artifact of <c>cache/</c>.</summary>
    /// <param name="name">What stands after <c>cache/</c>.</param>
    /// <param name="content">The bytes. They stay valid after the session's end.</param>
    /// <returns>Whether the session has it.</returns>
    public bool TryGetCached(string name, out ReadOnlyMemory<byte> content)
    {
        CachedBlock? block = _index.FindBlock("cache/" + name);
        content = block is null ? default : block.Content;
        return block is not null;
    }

    /// <summary>Runs code with the session's artifacts as <see cref="ArtifactSet.Current"/>, and keeps the session from ending meanwhile.</summary>
    /// <param name="work">The code; it gets this session.</param>
    /// <returns>What the code returns.</returns>
    /// <exception cref="ObjectDisposedException">The session has ended.</exception>
    public async Task<T> WithSessionAsync<T>(Func<ArtifactSession, Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        BeginUse();
        try
        {
            using IDisposable scope = ArtifactSet.Activate(Artifacts);
            return await work(this).ConfigureAwait(false);
        }
        finally
        {
            EndUse();
        }
    }

    /// <inheritdoc cref="WithSessionAsync{T}(Func{ArtifactSession, Task{T}})"/>
    public Task WithSessionAsync(Func<ArtifactSession, Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return WithSessionAsync(async session =>
        {
            await work(session).ConfigureAwait(false);
            return true;
        });
    }

    /// <inheritdoc cref="WithSessionAsync{T}(Func{ArtifactSession, Task{T}})"/>
    public T WithSession<T>(Func<ArtifactSession, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        BeginUse();
        try
        {
            using IDisposable scope = ArtifactSet.Activate(Artifacts);
            return work(this);
        }
        finally
        {
            EndUse();
        }
    }

    /// <summary>Ends the session: nothing can begin in it any more; once nothing runs in it, its directory is deleted and what it held in memory let go. Every caller waits for the same end.</summary>
    /// <remarks>Called from inside <see cref="WithSession{T}"/> and awaited there, it would wait for itself.</remarks>
    public async ValueTask DisposeAsync()
    {
        bool isCleanUpDue;
        lock (_gate)
        {
            isCleanUpDue = !_isClosing && _useCount == 0;
            _isClosing = true;
        }

        if (isCleanUpDue)
        {
            CleanUp();
        }

        await _closed.Task.ConfigureAwait(false);
    }

    internal void BeginUse() => ObjectDisposedException.ThrowIf(!TryBeginUse(), this);

    internal bool TryBeginUse()
    {
        lock (_gate)
        {
            if (_isClosing)
            {
                return false;
            }

            _useCount++;
            return true;
        }
    }

    internal void EndUse()
    {
        bool isUnused;
        bool isClosing;
        lock (_gate)
        {
            _useCount--;
            _lastUse = _options.TimeProvider.GetTimestamp();
            isUnused = _useCount == 0;
            isClosing = _isClosing;
        }

        if (isUnused && isClosing)
        {
            CleanUp();
        }
        else if (isUnused)
        {
            _store.SessionIsUnused();
        }
    }

    /// <summary>Ends the session if nobody has used it for long.</summary>
    /// <returns>How long it may go on without use; <see langword="null"/> if it is in use or has ended.</returns>
    internal TimeSpan? Expire()
    {
        lock (_gate)
        {
            if (_useCount > 0 || _isClosing)
            {
                return null;
            }

            TimeSpan left = _options.SessionIdleTimeout - _options.TimeProvider.GetElapsedTime(_lastUse);
            if (left > TimeSpan.Zero)
            {
                return left;
            }

            _isClosing = true;
        }

        CleanUp();
        return null;
    }

    private void CleanUp()
    {
        try
        {
            _store.SessionEnded(this);
            _index.Close();
            _directory.Dispose();
        }
        finally
        {
            _closed.TrySetResult();
        }
    }
}
