namespace Udf.Worker.Isolation;

/// <summary>An artifact of a session could not be had: it is not where it should be, could not be reached, or has other bytes than were announced. This is never remembered: the next attempt may succeed.</summary>
public sealed class ArtifactFetchException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which artifact, where it was looked for, what happened, and what to do.</param>
    /// <param name="isMissing">Whether the other side said that there is no such artifact.</param>
    /// <param name="innerException">The cause, or <see langword="null"/>.</param>
    public ArtifactFetchException(string message, bool isMissing = false, Exception? innerException = null)
        : base(message, innerException)
    {
        IsMissing = isMissing;
    }

    /// <summary>Whether the other side said that there is no such artifact; otherwise it could not be asked, or what came was damaged.</summary>
    public bool IsMissing { get; }
}
