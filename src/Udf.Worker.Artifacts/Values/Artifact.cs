namespace Udf.Worker.Artifacts;

/// <summary>An artifact that a session has.</summary>
/// <param name="Path">Its name.</param>
/// <param name="Hash">Its content.</param>
/// <param name="LengthBytes">How long it is.</param>
public sealed record Artifact(ArtifactPath Path, ArtifactHash Hash, long LengthBytes);
