namespace Udf.Worker.Artifacts.Internal;

/// <summary>The directory of one session, and the one beside it where artifacts are written before they are whole. Deleted exactly once: when it is disposed, or when it was forgotten.</summary>
internal sealed class SessionDirectory : IDisposable
{
    private readonly string _sessionId;
    private readonly IArtifactPublisher? _publisher;
    private readonly Action<string, Exception>? _failed;
    private int _isDeleted;

    internal SessionDirectory(string root, string sessionId, ArtifactStoreOptions options)
    {
        _sessionId = sessionId;
        _failed = options.CleanUpFailed;
        Location = Path.Join(root, sessionId);
        Staging = Path.Join(root, ".staging", sessionId);
        PrivateDirectory.Create(Location);
        PrivateDirectory.Create(Staging);
        Published = options.Publisher?.Publish(sessionId, Location) ?? new ArtifactLocation(new Uri(Location + Path.DirectorySeparatorChar));
        _publisher = options.Publisher;
    }

    // Whoever forgets to dispose a store still gets its disk back.
    ~SessionDirectory() => Delete();

    internal string Location { get; }

    internal string Staging { get; }

    internal ArtifactLocation Published { get; }

    /// <summary>A name in the staging directory that nothing else has.</summary>
    internal string NewStagingPath() => Path.Join(Staging, Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Delete();
    }

    private void Delete()
    {
        if (Interlocked.Exchange(ref _isDeleted, 1) != 0)
        {
            return;
        }

        Try(() => _publisher?.Withdraw(_sessionId));
        Try(() => Directory.Delete(Staging, recursive: true));
        Try(() => Directory.Delete(Location, recursive: true));
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else has deleted it, which is all that was wanted.
        }
        catch (Exception exception)
        {
            _failed?.Invoke(Location, exception);
        }
    }
}
