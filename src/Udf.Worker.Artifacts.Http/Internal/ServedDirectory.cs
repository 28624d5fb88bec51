using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Udf.Worker.Artifacts.Http.Internal;

/// <summary>One directory that is served: who may read it, which files are in it, and what their content is.</summary>
/// <remarks>Thread safe. Keeps a hash for each file that was asked for.</remarks>
internal sealed class ServedDirectory(string root, string token)
{
    private readonly byte[] _tokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
    private readonly ConcurrentDictionary<string, (long LengthBytes, DateTime WrittenAt, ArtifactHash Hash)> _hashes = new(StringComparer.Ordinal);

    internal string Root { get; } = root;

    internal string Token { get; } = token;

    /// <summary>Whether the header shows this directory's token. How long it takes says nothing about the token.</summary>
    internal bool IsAllowed(string? authorization)
    {
        const string Scheme = "Bearer ";
        return authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim())), _tokenHash);
    }

    /// <summary>The file of a path, if it is one, and no link on the way to it.</summary>
    internal FileInfo? Find(string path)
    {
        string file;
        try
        {
            file = ArtifactPath.Parse(path).Under(Root);
        }
        catch (ArtifactPathException)
        {
            return null;
        }

        for (string? parent = file; parent is not null && parent.Length > Root.Length; parent = Path.GetDirectoryName(parent))
        {
            if (new FileInfo(parent).LinkTarget is not null)
            {
                return null;
            }
        }

        FileInfo found = new(file);
        return found.Exists ? found : null;
    }

    /// <summary>The hash of a file's content; computed again only if the file is another one.</summary>
    internal async Task<ArtifactHash> HashAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (_hashes.TryGetValue(file.FullName, out (long LengthBytes, DateTime WrittenAt, ArtifactHash Hash) known) && known.LengthBytes == file.Length && known.WrittenAt == file.LastWriteTimeUtc)
        {
            return known.Hash;
        }

        FileStream stream = file.OpenRead();
        await using (stream.ConfigureAwait(false))
        {
            ArtifactHash hash = await ArtifactHash.OfAsync(stream, cancellationToken).ConfigureAwait(false);
            _hashes[file.FullName] = (file.Length, file.LastWriteTimeUtc, hash);
            return hash;
        }
    }
}
