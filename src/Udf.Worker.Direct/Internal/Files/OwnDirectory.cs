namespace Udf.Worker.Direct.Internal;

/// <summary>Whether a directory is what this process takes it for: a real one, and this user's. What others may do with it stands in its mode, which is for the caller to judge.</summary>
internal static class OwnDirectory
{
    /// <summary>Looks at a directory that is there.</summary>
    /// <returns>Why it is not to be trusted, as a sentence; <see langword="null"/> if it is. Where the system does not say whose it is, that is not asked.</returns>
    /// <exception cref="IOException">It cannot be looked at, or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static string? FindProblem(string path)
    {
        if (new DirectoryInfo(path).LinkTarget is { } target)
        {
            return $"'{path}' is a symbolic link to '{target}'; only a real directory is trusted.";
        }

        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        uint user = UnixFiles.UserId;
        return UnixFiles.OwnerOf(path) is { } owner && owner != user ? $"'{path}' belongs to the user with the id {owner}, and this process runs as {user}." : null;
    }
}
