using Udf.Worker.Artifacts;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Internal;

/// <summary>What a session holds: its load context, the assemblies that it may load, its files, and the functions found in it. Disposing it unloads the code, then deletes the files.</summary>
/// <remarks>Thread safe. After its disposal nothing here refers to code of the session any more: what still does is the code itself, as long as it runs.</remarks>
internal sealed class SessionContent : IDisposable
{
    private const int ParallelFetches = 4;

    private readonly string _sessionId;
    private readonly IsolatedSessionOptions _options;
    private readonly ArtifactDownloads _downloads;
    private readonly SemaphoreSlim _updating = new(1);
    private readonly List<SessionLoadContext> _contexts = [];
    private readonly FetchedFiles _files;
    private volatile ArtifactSet? _current;
    private volatile LoadedCode? _code;
    private volatile string? _directory;

    internal SessionContent(string sessionId, IsolatedSessionOptions options, ArtifactDownloads downloads)
    {
        _sessionId = sessionId;
        _options = options;
        _downloads = downloads;
        _files = new FetchedFiles(options, downloads);
        Renew(SessionFiles.None);
    }

    /// <summary>The session's load context, for tests to watch it die.</summary>
    internal SessionLoadContext? Context => _code?.Context;

    /// <summary>Makes sure that all assemblies of a set can be loaded and its files be read: what is on another machine is fetched now.</summary>
    /// <exception cref="ArtifactFetchException">One could not be had. The next attempt begins anew.</exception>
    /// <exception cref="InvalidOperationException">One has changed that may not.</exception>
    internal ValueTask UpdateAsync(ArtifactSet set, CancellationToken cancellationToken) =>
        ReferenceEquals(_current, set) && _code is { Context.IsOutdated: false } ? default : new ValueTask(UpdateCoreAsync(set, cancellationToken));

    private LoadedCode Code => _code ?? throw new ObjectDisposedException(nameof(SessionContent));

    /// <exception cref="UdfFunctionNotFoundException">There is no such function.</exception>
    internal UdfFunction CreateFunction(ReadOnlyMemory<byte> payload)
    {
        UdfFunction function = Code.Functions.Create(payload);
        return _directory is { } directory ? new FunctionWithDirectory(function, directory) : function;
    }

    public void Dispose()
    {
        _code = null;
        foreach (SessionLoadContext context in _contexts)
        {
            context.Unload();
        }

        _contexts.Clear();
        JsonCaches.Clear();
        _updating.Dispose();
        _files.Dispose();
    }

    private async Task UpdateCoreAsync(ArtifactSet set, CancellationToken cancellationToken)
    {
        await _updating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // After a load that failed, what is on the disk is looked at too: it may be what was damaged.
            bool isSuspect = Code.Context.IsOutdated;
            if (isSuspect || !ReferenceEquals(_current, set))
            {
                SessionLoadContext context = Code.Context;
                context.Files = context.Files.With(set.BaseUri.ToString(), await LocateAsync(set, isSuspect, cancellationToken).ConfigureAwait(false));

                // An execution with an earlier set, from before the session had files, takes nothing from one with the present one.
                _directory = await DirectoryOfAsync(set, cancellationToken).ConfigureAwait(false) ?? _directory;
                _current = set;
            }

            if (Code.Context.IsOutdated)
            {
                Renew(Code.Context.Files);
            }
        }
        finally
        {
            _updating.Release();
        }
    }

    private async Task<IEnumerable<(Artifact, string)>> LocateAsync(ArtifactSet set, bool isSuspect, CancellationToken cancellationToken)
    {
        Artifact[] assemblies = [.. set.Assemblies];
        string[] files = new string[assemblies.Length];
        if (set.BaseUri.IsFile)
        {
            for (int index = 0; index < files.Length; index++)
            {
                files[index] = assemblies[index].Path.Under(set.BaseUri.LocalPath);
            }
        }
        else if (set.BaseUri.Scheme == Uri.UriSchemeHttp || set.BaseUri.Scheme == Uri.UriSchemeHttps)
        {
            await Parallel.ForAsync(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = ParallelFetches, CancellationToken = cancellationToken }, async (index, token) =>
                files[index] = await _downloads.FetchAsync(assemblies[index], set, isSuspect, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        else
        {
            throw new ArtifactFetchException($"The artifacts of the session {set.SessionId} are at {set.BaseUri}; this worker reads file:, http: and https:.");
        }

        return assemblies.Zip(files);
    }

    /// <summary>Where the session's files are: in the engine's own directory, or in one that they are fetched to. Nowhere if it has none.</summary>
    private async ValueTask<string?> DirectoryOfAsync(ArtifactSet set, CancellationToken cancellationToken) => set.BaseUri.IsFile
        ? set.Files.Concat(set.Archives).Any() ? set.BaseUri.LocalPath : null
        : await _files.UpdateAsync(set, cancellationToken).ConfigureAwait(false);

    // What runs goes on with the code that it began with; all of it is unloaded with the session.
    private void Renew(SessionFiles files)
    {
        SessionLoadContext context = new(_sessionId, _options, files);
        _contexts.Add(context);
        _code = new LoadedCode(context, new ShippedFunctions(context.LoadEntry));
    }

    private sealed record LoadedCode(SessionLoadContext Context, ShippedFunctions Functions);
}
