namespace Udf.Worker.Artifacts;

/// <summary>The bytes of an artifact are not those that were announced: a checksum, a hash or a length differs. Nothing of it was kept.</summary>
public sealed class ArtifactCorruptException : ArtifactException
{
    internal ArtifactCorruptException(string path, string problem)
        : base($"'{path}' did not arrive as it was sent: {problem} Nothing of it was kept; send it again.", path)
    {
    }

    /// <summary><see langword="true"/>: what was damaged on its way may arrive whole the next time.</summary>
    public override bool IsTransient => true;
}
