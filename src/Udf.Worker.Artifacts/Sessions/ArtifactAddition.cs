namespace Udf.Worker.Artifacts;

/// <summary>One artifact of a batch.</summary>
/// <param name="Path">What it is called in the session, such as <c>assemblies/Pricing.dll</c>.</param>
/// <param name="SourceFile">The file that it is made of. A symbolic link is refused.</param>
/// <param name="IsStaged">Whether the file was made only for this and is moved; otherwise it is copied. If it cannot be added it stays where it is.</param>
public sealed record ArtifactAddition(string Path, string SourceFile, bool IsStaged = false);
