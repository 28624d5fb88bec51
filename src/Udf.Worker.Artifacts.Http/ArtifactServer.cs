using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Udf.Worker.Artifacts.Http.Internal;

namespace Udf.Worker.Artifacts.Http;

/// <summary>
/// The directories that are served, each under its name and with a token of its own. Given to <see cref="ArtifactStoreOptions.Publisher"/>, it serves each session's directory as long as the session
/// lives; <see cref="ArtifactEndpointRouteBuilderExtensions.MapUdfArtifacts"/> puts it into a web application.
/// </summary>
/// <remarks>Thread safe.</remarks>
public sealed class ArtifactServer : IArtifactPublisher
{
    private const int TokenBytes = 32;

    private readonly ConcurrentDictionary<string, ServedDirectory> _directories = new(StringComparer.Ordinal);
    private Uri? _baseAddress;

    /// <summary>Where workers reach what <see cref="ArtifactEndpointRouteBuilderExtensions.MapUdfArtifacts"/> has mapped, such as <c>http://engine:5000/artifacts/</c>.</summary>
    /// <value>Absolute, http or https, ending with <c>/</c>. Must be set before the first directory is added; where the port is known only once the application has started, set it then.</value>
    /// <exception cref="ArgumentException">The value is another one.</exception>
    public Uri? BaseAddress
    {
        get => _baseAddress;
        set
        {
            if (value is not null && !(value.IsAbsoluteUri && value.Scheme is "http" or "https" && value.AbsolutePath.EndsWith('/') && value.Query.Length == 0))
            {
                throw new ArgumentException($"The address of the artifact server is absolute, http or https, and ends with '/', unlike '{value}'.", nameof(value));
            }

            _baseAddress = value;
        }
    }

    /// <summary>Serves a directory. The same directory under the same name again is no error.</summary>
    /// <param name="name">The name; one that an artifact's path may have for a name.</param>
    /// <param name="directory">The directory. What is in it later is served too.</param>
    /// <returns>Where it can be read, and the token that it takes.</returns>
    /// <exception cref="InvalidOperationException">Another directory has the name, or <see cref="BaseAddress"/> is not set.</exception>
    /// <exception cref="ArtifactPathException">The name cannot be one.</exception>
    public ArtifactLocation AddDirectory(string name, string directory)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Uri address = _baseAddress ?? throw new InvalidOperationException($"Workers cannot be told where the directory is: set {nameof(ArtifactServer)}.{nameof(BaseAddress)} to where they reach this server.");

        // A name in a path of two is a name and nothing more.
        string checkedName = ArtifactPath.Parse($"name/{name}").Value[5..];
        if (checkedName.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' is a path, and a name is needed.", nameof(name));
        }

        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        ServedDirectory served = _directories.GetOrAdd(name, _ => new ServedDirectory(root, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes))));
        return served.Root == root
            ? new ArtifactLocation(new Uri(address, $"{Uri.EscapeDataString(name)}/"), served.Token)
            : throw new InvalidOperationException($"Under the name '{name}' another directory is served: {served.Root}, not {root}. Remove it first, or use another name.");
    }

    /// <summary>Serves a directory no longer. What is being sent is sent to its end.</summary>
    /// <param name="name">The name that it was added with.</param>
    /// <returns>Whether there was one.</returns>
    public bool RemoveDirectory(string name) => _directories.TryRemove(name, out _);

    /// <inheritdoc/>
    public ArtifactLocation Publish(string sessionId, string directory) => AddDirectory(sessionId, directory);

    /// <inheritdoc/>
    public void Withdraw(string sessionId) => RemoveDirectory(sessionId);

    internal ServedDirectory? Find(string name) => _directories.GetValueOrDefault(name);
}
