using Udf.Worker.Artifacts;

namespace Udf.Worker.Isolation.Internal;

/// <summary>Reads artifacts that are on this machine's disk. What was read is what was checked: a file that changes afterwards changes nothing.</summary>
internal static class VerifiedFile
{
    /// <exception cref="ArtifactFetchException">The file is missing, cannot be read, or has other bytes.</exception>
    internal static byte[] Read(Artifact artifact, string file)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            bool isMissing = exception is FileNotFoundException or DirectoryNotFoundException;
            throw new ArtifactFetchException(
                isMissing
                    ? $"The artifact '{artifact.Path}' is not at {file}. Has the engine's session ended, or does the worker not share its file system? Then an artifact server is needed."
                    : $"The artifact '{artifact.Path}' cannot be read from {file}: {exception.Message}",
                isMissing, exception);
        }

        var actual = ArtifactHash.Of(content);
        return actual == artifact.Hash
            ? content
            : throw new ArtifactFetchException($"The artifact '{artifact.Path}' at {file} has the SHA-256 {actual}, and was announced with {artifact.Hash}. It is not used.");
    }
}
