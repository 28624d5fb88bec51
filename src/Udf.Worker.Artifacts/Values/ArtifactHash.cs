using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Udf.Worker.Artifacts;

/// <summary>What tells the bytes of one artifact from all others: their SHA-256, as 64 lower-case hex digits.</summary>
public readonly record struct ArtifactHash
{
    private readonly string? _hex;

    private ArtifactHash(string hex) => _hex = hex;

    /// <summary>The hash of some bytes.</summary>
    /// <param name="content">All of them.</param>
    public static ArtifactHash Of(ReadOnlySpan<byte> content) => FromBytes(SHA256.HashData(content));

    /// <summary>The hash of what is left of a stream.</summary>
    /// <param name="content">The stream; read to its end, not disposed.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static async Task<ArtifactHash> OfAsync(Stream content, CancellationToken cancellationToken = default) =>
        FromBytes(await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads a hash.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hash">The hash, if it is one.</param>
    /// <returns>Whether the text is 64 hex digits.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out ArtifactHash hash)
    {
        bool isHash = text is { Length: SHA256.HashSizeInBytes * 2 } && text.All(char.IsAsciiHexDigit);
        hash = isHash ? new ArtifactHash(text!.ToLowerInvariant()) : default;
        return isHash;
    }

    /// <summary>The 64 digits; empty for the default value, which is the hash of nothing in particular.</summary>
    public override string ToString() => _hex ?? "";

    internal static ArtifactHash FromBytes(ReadOnlySpan<byte> sha256) => new(Convert.ToHexStringLower(sha256));
}
