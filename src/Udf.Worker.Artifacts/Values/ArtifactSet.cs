namespace Udf.Worker.Artifacts;

/// <summary>
/// What travels with work: which session it belongs to, where that session's artifacts are, and which they are, each with the hash of its content. A snapshot: what the session gets later
/// is in a later set.
/// </summary>
/// <remarks>Immutable, compared by content, safe from any thread. The current one (<see cref="Current"/>) flows with asynchronous code as <see cref="AsyncLocal{T}"/> does.</remarks>
public sealed partial class ArtifactSet : IEquatable<ArtifactSet>
{
    private static readonly AsyncLocal<ArtifactSet?> Active = new();

    private readonly Artifact[] _artifacts;
    private readonly int _hashCode;

    /// <summary>Creates a set.</summary>
    /// <param name="sessionId">The session; not empty.</param>
    /// <param name="baseUri">Where the artifacts are, each at its path under it: absolute, and ending with <c>/</c>.</param>
    /// <param name="artifacts">The artifacts; copied. Those of the kind <see cref="ArtifactKind.Cache"/> stay with the engine and are left out.</param>
    /// <param name="accessToken">What a worker has to show to read them, or <see langword="null"/> for nothing.</param>
    /// <exception cref="ArgumentException">The URI is relative or does not end with a slash, or a path occurs twice.</exception>
    public ArtifactSet(string sessionId, Uri baseUri, IEnumerable<Artifact> artifacts, string? accessToken = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentNullException.ThrowIfNull(baseUri);
        ArgumentNullException.ThrowIfNull(artifacts);
        if (!baseUri.IsAbsoluteUri || !baseUri.AbsolutePath.EndsWith('/'))
        {
            throw new ArgumentException($"The base of artifacts is an absolute URI that ends with '/', not '{baseUri}'.", nameof(baseUri));
        }

        SessionId = sessionId;
        BaseUri = baseUri;
        AccessToken = accessToken;
        _artifacts = [.. artifacts.Where(artifact => artifact.Path.Kind != ArtifactKind.Cache).OrderBy(artifact => artifact.Path.Value, StringComparer.Ordinal)];
        HashCode code = default;
        code.Add(sessionId, StringComparer.Ordinal);
        code.Add(baseUri);
        for (int index = 0; index < _artifacts.Length; index++)
        {
            if (index > 0 && _artifacts[index].Path == _artifacts[index - 1].Path)
            {
                throw new ArgumentException($"The artifact '{_artifacts[index].Path}' occurs twice.", nameof(artifacts));
            }

            code.Add(_artifacts[index]);
        }

        _hashCode = code.ToHashCode();
    }

    /// <summary>The set of the work that this code belongs to, or <see langword="null"/> outside of any. <see cref="Activate"/> sets it.</summary>
    public static ArtifactSet? Current => Active.Value;

    /// <summary>The session that the artifacts belong to.</summary>
    public string SessionId { get; }

    /// <summary>Where the artifacts are: each at its path under this.</summary>
    public Uri BaseUri { get; }

    /// <summary>What a worker has to show to read the artifacts (as a bearer token, over HTTP), or <see langword="null"/> for nothing. A secret: it is in <see cref="ToText"/>, and in no message.</summary>
    public string? AccessToken { get; }

    /// <summary>All artifacts, in the order of their paths.</summary>
    public IReadOnlyList<Artifact> Artifacts => _artifacts;

    /// <summary>The artifacts that are assemblies, of both kinds, with what belongs to them.</summary>
    public IEnumerable<Artifact> Assemblies => _artifacts.Where(artifact => artifact.Path.Kind is ArtifactKind.Assembly or ArtifactKind.Class);

    /// <summary>The artifacts that are files.</summary>
    public IEnumerable<Artifact> Files => _artifacts.Where(artifact => artifact.Path.Kind == ArtifactKind.File);

    /// <summary>The artifacts that are archives.</summary>
    public IEnumerable<Artifact> Archives => _artifacts.Where(artifact => artifact.Path.Kind == ArtifactKind.Archive);

    /// <summary>Makes a set the current one of this code and of what it awaits, until the result is disposed; then the one before it is current again.</summary>
    /// <param name="set">The set, or <see langword="null"/> for none.</param>
    /// <returns>To be disposed in the same method, whatever throws (<c>using</c>).</returns>
    public static IDisposable Activate(ArtifactSet? set)
    {
        Scope scope = new(Active.Value);
        Active.Value = set;
        return scope;
    }

    /// <inheritdoc/>
    public bool Equals(ArtifactSet? other) =>
        other is not null && (ReferenceEquals(this, other)
            || (_hashCode == other._hashCode && SessionId == other.SessionId && BaseUri == other.BaseUri && AccessToken == other.AccessToken && _artifacts.AsSpan().SequenceEqual(other._artifacts)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ArtifactSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;

    private sealed class Scope(ArtifactSet? before) : IDisposable
    {
        private bool _isDisposed;

        public void Dispose()
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                Active.Value = before;
            }
        }
    }
}
