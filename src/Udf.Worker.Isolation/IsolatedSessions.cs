using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Isolation;

/// <summary>
/// Serves functions that were shipped (format <c>dotnet.function</c>, made by <see cref="UdfPayload"/>): each in the load context of the session that its execution belongs to, with that session's
/// assemblies; an execution without a session runs with the worker's own. Sessions are kept for the next execution, up to a number and a time; code is unloaded once nobody runs it and its session
/// has lost its place.
/// </summary>
/// <remarks>
/// <code>
/// await using var sessions = new IsolatedSessions();
/// return await UdfWorkerHost.RunAsync(args, functions => functions.AddResolver(sessions));
/// </code>
/// A session's files and unpacked archives are found under <c>context.ResourceDirectories["udf.session"]</c> (<see cref="UdfContext.ResourceDirectories"/>,
/// <see cref="ArtifactInitExtensions.SessionKey"/>), at the paths that the engine gave them. Thread safe. A session's code is isolated from that of others, not from the process: it is trusted as the worker is.
/// </remarks>
public sealed class IsolatedSessions : IUdfFunctionResolver, IAsyncDisposable
{
    private readonly ArtifactDownloads _downloads;
    private readonly IsolatedSessionCache<SessionContent> _cache;
    private readonly ArtifactSetReader _sets;

    // The default session: the worker's own assemblies. It is in no cache, and never evicted.
    private readonly ShippedFunctions _workersOwn = new(WorkerAssemblies.Instance.Context.LoadFromAssemblyName);

    /// <summary>Makes a worker's sessions.</summary>
    /// <param name="options">How they are kept; <see langword="null"/> for the defaults.</param>
    public IsolatedSessions(IsolatedSessionOptions? options = null)
    {
        options ??= new IsolatedSessionOptions();
        _downloads = new ArtifactDownloads(options);
        _sets = new ArtifactSetReader((int)Math.Min(int.MaxValue, 2L * options.MaximumSessionCount));
        _cache = new IsolatedSessionCache<SessionContent>(
            id => new SessionContent(id, options, _downloads), options.MaximumSessionCount, options.IdleTimeout, options.TimeProvider,
            options.LoggerFactory.CreateLogger("Udf.Worker.Isolation"));
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Formats { get; } = [UdfPayload.Format];

    /// <summary>How many sessions there are, with those that are evicted and still in use. The default session is not one of them.</summary>
    public int Count => _cache.Count;

    internal IsolatedSessionCache<SessionContent> Cache => _cache;

    /// <inheritdoc/>
    public async ValueTask<UdfFunctionLease?> ResolveAsync(UdfContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Payload.Format != UdfPayload.Format)
        {
            return null;
        }

        if (!context.TaskContext.TryGetValue(ArtifactInitExtensions.SessionKey, out string? sessionId))
        {
            return new UdfFunctionLease(_workersOwn.Create(context.Payload.Content));
        }

        (ArtifactSet set, string key) = ReadSet(context, sessionId);
        IsolatedSession<SessionContent> session = await _cache.ObtainAsync(key, cancellationToken).ConfigureAwait(false);
        try
        {
            await UpdateAsync(session.Content, set, cancellationToken).ConfigureAwait(false);
            return new UdfFunctionLease(session.Content.CreateFunction(context.Payload.Content), () =>
            {
                _cache.Release(session);
                return default;
            });
        }
        catch
        {
            _cache.Release(session);
            throw;
        }
    }

    /// <summary>Unloads all sessions, once the last execution has released them, and deletes what was fetched into a directory of its own.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync().ConfigureAwait(false);
        _workersOwn.Clear();
        _downloads.Dispose();
    }

    private (ArtifactSet Set, string Key) ReadSet(UdfContext context, string sessionId)
    {
        if (!context.TaskContext.TryGetValue(ArtifactInitExtensions.ArtifactsKey, out string? text))
        {
            throw new UdfFunctionNotFoundException(
                $"The execution belongs to the session '{sessionId}' ({ArtifactInitExtensions.SessionKey}), and does not say where its artifacts are ({ArtifactInitExtensions.ArtifactsKey}).");
        }

        try
        {
            return _sets.Read(sessionId, text);
        }
        catch (FormatException exception)
        {
            throw new UdfFunctionNotFoundException($"{ArtifactInitExtensions.ArtifactsKey} cannot be read. {exception.Message}", exception);
        }
    }

    private static async ValueTask UpdateAsync(SessionContent content, ArtifactSet set, CancellationToken cancellationToken)
    {
        try
        {
            await content.UpdateAsync(set, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ArtifactFetchException or InvalidOperationException)
        {
            throw new UdfFunctionNotFoundException($"The session {set.SessionId} cannot be used. {exception.Message}", exception);
        }
    }
}
