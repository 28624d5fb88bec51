namespace Udf.Worker.Artifacts;

/// <summary>An artifact is larger than the store takes, or unpacks to more than it takes. Nothing of it was kept.</summary>
public sealed class ArtifactTooLargeException : ArtifactException
{
    internal ArtifactTooLargeException(string path, string problem, string setting)
        : base($"'{path}' {problem} ({nameof(ArtifactStoreOptions)}.{setting}). Nothing of it was kept.", path)
    {
        Setting = setting;
    }

    /// <summary>The option that decides the limit.</summary>
    public string Setting { get; }
}
