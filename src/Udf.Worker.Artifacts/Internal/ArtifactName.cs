namespace Udf.Worker.Artifacts.Internal;

/// <summary>A path as a caller gives it: for an archive, what stands after <c>#</c> names the directory that it is unpacked to.</summary>
internal readonly record struct ArtifactName(ArtifactPath Path, string? Directory)
{
    /// <exception cref="ArtifactPathException">The path, or the name of the directory, cannot be one.</exception>
    /// <exception cref="ArtifactArchiveException">It is no kind of archive that is known.</exception>
    internal static ArtifactName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int hash = text.LastIndexOf('#');
        ArtifactPath path = ArtifactPath.Parse(hash >= 0 && text.StartsWith("archives", StringComparison.Ordinal) ? text[..hash] : text);
        if (path.Kind != ArtifactKind.Archive)
        {
            return new ArtifactName(path, null);
        }

        string standard = ArchiveUnpacker.DirectoryNameOf(path.Value);
        string directory = hash < 0 ? standard : text[(hash + 1)..];
        return ProblemOfDirectory(directory) is { } problem ? throw new ArtifactPathException(text, problem) : new ArtifactName(path, directory);
    }

    /// <summary>What is wrong with the name of the directory that an archive is unpacked to; <see langword="null"/> if nothing is.</summary>
    internal static string? ProblemOfDirectory(string directory) =>
        ArtifactPath.ProblemOf(directory) ?? (directory.AsSpan().ContainsAny('/', '\\') ? "the name of its directory is more than one name" : null);
}
