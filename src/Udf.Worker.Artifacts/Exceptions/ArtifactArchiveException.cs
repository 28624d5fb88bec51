namespace Udf.Worker.Artifacts;

/// <summary>An archive cannot be unpacked: it is damaged, of an unknown kind, or has an entry that would leave its directory. Nothing of it was kept.</summary>
public sealed class ArtifactArchiveException : ArtifactException
{
    internal ArtifactArchiveException(string path, string problem, Exception? innerException = null)
        : base($"The archive '{path}' is refused: {problem} Nothing of it was kept.", path, innerException)
    {
    }
}
