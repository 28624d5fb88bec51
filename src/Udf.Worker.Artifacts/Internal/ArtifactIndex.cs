namespace Udf.Worker.Artifacts.Internal;

/// <summary>Which artifacts a session has, and the rules for another one of the same name. It puts files into their place, and is right about what is there.</summary>
/// <remarks>
/// Thread safe. Names are compared without regard to case, because some file systems do: a session must be the same on all. A file comes into its place by one rename,
/// so that nobody ever sees a part of it.
/// </remarks>
internal sealed class ArtifactIndex(SessionDirectory directory)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<string, Artifact> _artifacts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, CachedBlock> _blocks = new(StringComparer.OrdinalIgnoreCase);
    private bool _isClosed;

    internal Artifact[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _artifacts.Values];
        }
    }

    /// <summary>Moves a file to its place, unless the same bytes are there.</summary>
    /// <param name="artifact">What it is.</param>
    /// <param name="file">The file, in the staging directory.</param>
    /// <param name="unpacked">For an archive: the directory with what was in it, in the staging directory.</param>
    /// <returns>Whether anything has changed.</returns>
    /// <exception cref="ArtifactExistsException">There is another one.</exception>
    internal bool Put(Artifact artifact, string file, string? unpacked = null)
    {
        lock (_gate)
        {
            if (IsKnownUnsynchronized(artifact))
            {
                return false;
            }

            string target = artifact.Path.Under(directory.Location);
            ThrowIfBlocked(artifact.Path, target);
            string? unpackedTarget = unpacked is null ? null : Path.Join(Path.GetDirectoryName(target), artifact.UnpackedName);
            if (unpackedTarget is not null && (Path.Exists(unpackedTarget) || string.Equals(unpackedTarget, target, StringComparison.OrdinalIgnoreCase)))
            {
                throw new ArtifactExistsException(artifact.Path.Value, $"another archive is unpacked to '{artifact.UnpackedName}'. Name another directory after a '#'.");
            }

            PrivateDirectory.Create(Path.GetDirectoryName(target)!);
            File.Move(file, target, overwrite: artifact.Path.Kind == ArtifactKind.Class);
            if (unpackedTarget is not null)
            {
                MoveUnpacked(unpacked!, unpackedTarget, target);
            }

            _artifacts[artifact.Path.Value] = artifact;
            return true;
        }
    }

    /// <summary>Keeps bytes in memory; those that the name had before are let go.</summary>
    internal void PutBlock(Artifact artifact, CachedBlock block)
    {
        CachedBlock? before;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(ArtifactSession));
            _blocks.TryGetValue(artifact.Path.Value, out before);
            _blocks[artifact.Path.Value] = block;
            _artifacts[artifact.Path.Value] = artifact;
        }

        before?.Release();
    }

    internal CachedBlock? FindBlock(string path)
    {
        lock (_gate)
        {
            return _blocks.GetValueOrDefault(path);
        }
    }

    /// <summary>The blocks, each held once more for another session.</summary>
    internal List<(Artifact Artifact, CachedBlock Block)> RetainBlocks()
    {
        lock (_gate)
        {
            return [.. _blocks.Select(block => (_artifacts[block.Key], block.Value.Retain()))];
        }
    }

    /// <summary>Forgets everything and lets the blocks go.</summary>
    internal void Close()
    {
        CachedBlock[] blocks;
        lock (_gate)
        {
            _isClosed = true;
            blocks = [.. _blocks.Values];
            _blocks.Clear();
            _artifacts.Clear();
        }

        foreach (CachedBlock block in blocks)
        {
            block.Release();
        }
    }

    private bool IsKnownUnsynchronized(Artifact artifact)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(ArtifactSession));
        if (!_artifacts.TryGetValue(artifact.Path.Value, out Artifact? existing))
        {
            return false;
        }

        if (existing.Path != artifact.Path)
        {
            throw new ArtifactExistsException(artifact.Path.Value, $"it is called '{existing.Path}', which is the same file where case does not count.");
        }

        if (existing.Hash == artifact.Hash)
        {
            return existing.UnpackedName == artifact.UnpackedName
                ? true
                : throw new ArtifactExistsException(artifact.Path.Value, $"it is unpacked to '{existing.UnpackedName}', not to '{artifact.UnpackedName}'. Add it under another name.");
        }

        return artifact.Path.Kind == ArtifactKind.Class
            ? false
            : throw new ArtifactExistsException(artifact.Path.Value, $"its bytes are others (SHA-256 {existing.Hash}, not {artifact.Hash}). Only 'classes/' may be overwritten; use another name, or another session.");
    }

    // Both come or none: an archive whose directory is missing would be taken for whole the next time.
    private static void MoveUnpacked(string unpacked, string target, string archive)
    {
        try
        {
            Directory.Move(unpacked, target);
        }
        catch
        {
            File.Delete(archive);
            throw;
        }
    }

    // The store alone writes here, so nothing of this can be; but if anybody has put a link here, nothing may be written through it.
    private void ThrowIfBlocked(ArtifactPath path, string target)
    {
        if (Directory.Exists(target))
        {
            throw new ArtifactExistsException(path.Value, "it is a directory.");
        }

        for (string? parent = Path.GetDirectoryName(target); parent is not null && parent.Length > directory.Location.Length; parent = Path.GetDirectoryName(parent))
        {
            if (File.Exists(parent) || new DirectoryInfo(parent).LinkTarget is not null)
            {
                throw new ArtifactExistsException(path.Value, "one of its directories is a file or a link.");
            }
        }
    }
}
