namespace Udf.Worker.Artifacts;

/// <summary>Makes directories of sessions readable for workers that do not share this file system.</summary>
/// <remarks>Implementations may be called from any thread, once for each session in each direction.</remarks>
public interface IArtifactPublisher
{
    /// <summary>A session begins: its directory can be read from now on, and what is added to it later too.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="directory">Its directory.</param>
    /// <returns>Where workers find it.</returns>
    ArtifactLocation Publish(string sessionId, string directory);

    /// <summary>The session has ended; its directory is about to be deleted.</summary>
    /// <param name="sessionId">The session.</param>
    void Withdraw(string sessionId);
}
