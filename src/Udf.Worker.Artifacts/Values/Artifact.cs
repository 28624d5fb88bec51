namespace Udf.Worker.Artifacts;

/// <summary>An artifact that a session has.</summary>
/// <param name="Path">Its name.</param>
/// <param name="Hash">Its content.</param>
/// <param name="LengthBytes">How long it is.</param>
public sealed record Artifact(ArtifactPath Path, ArtifactHash Hash, long LengthBytes)
{
    /// <summary>For an archive: the name of the directory beside it that it is unpacked to.</summary>
    /// <value><see langword="null"/> by default: for other artifacts; an archive without is unpacked to its own name without the ending.</value>
    public string? UnpackedName { get; init; }
}
