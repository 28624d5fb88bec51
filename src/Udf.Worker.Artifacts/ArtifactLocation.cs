namespace Udf.Worker.Artifacts;

/// <summary>Where a session's artifacts can be read.</summary>
/// <param name="BaseUri">Absolute, and ending with <c>/</c>; each artifact is at its path under it.</param>
/// <param name="AccessToken">What a reader has to show, or <see langword="null"/> for nothing. A secret.</param>
public sealed record ArtifactLocation(Uri BaseUri, string? AccessToken = null)
{
    /// <summary>The address, without the token.</summary>
    public override string ToString() => BaseUri.ToString();
}
