namespace Udf.Worker.Artifacts;

/// <summary>The base of everything that goes wrong with an artifact. One leaf stands for each reason that a caller would treat differently.</summary>
public abstract class ArtifactException : Exception
{
    private protected ArtifactException(string message, string path, Exception? innerException = null)
        : base(message, innerException)
    {
        Path = path;
    }

    /// <summary>The artifact, as it was named by the caller.</summary>
    public string Path { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public virtual bool IsTransient => false;
}
