using Udf.Worker.Artifacts;
using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// The files and archives of one session whose artifacts are on another machine, in a directory of its own: each at its path, archives unpacked beside themselves, as the engine has them. Copies, so
/// that what a function does to its files is seen by no other session. Disposing it deletes the directory.
/// </summary>
/// <remarks>For one caller at a time.</remarks>
internal sealed class FetchedFiles(IsolatedSessionOptions options, ArtifactDownloads downloads) : IDisposable
{
    private readonly string _directory = Path.Join(downloads.CacheDirectory, ".sessions", Guid.NewGuid().ToString("N"));
    private readonly Dictionary<ArtifactPath, Artifact> _files = [];

    /// <summary>Fetches what is not here yet.</summary>
    /// <returns>The directory; <see langword="null"/> as long as there is nothing in it.</returns>
    /// <exception cref="ArtifactFetchException">One could not be had, kept or unpacked. Those before it are here.</exception>
    /// <exception cref="InvalidOperationException">One has changed that may not.</exception>
    internal async Task<string?> UpdateAsync(ArtifactSet set, CancellationToken cancellationToken)
    {
        foreach (Artifact artifact in set.Files.Concat(set.Archives))
        {
            if (!_files.TryGetValue(artifact.Path, out Artifact? before))
            {
                await AddAsync(artifact, set, cancellationToken).ConfigureAwait(false);
                _files.Add(artifact.Path, artifact);
            }
            else if (before != artifact)
            {
                throw new InvalidOperationException($"The artifact '{artifact.Path}' has changed since this worker fetched it: only what is in 'classes/' may change.");
            }
        }

        return _files.Count == 0 ? null : _directory;
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task AddAsync(Artifact artifact, ArtifactSet set, CancellationToken cancellationToken)
    {
        string file = artifact.Path.Under(_directory);
        string unfinished = Path.Join(_directory, $".{Guid.NewGuid():N}");
        try
        {
            PrivateDirectory.Create(Path.GetDirectoryName(file)!);
            await CopyAsync(artifact, set, unfinished, cancellationToken).ConfigureAwait(false);
            if (artifact.Path.Kind == ArtifactKind.Archive)
            {
                await UnpackAsync(artifact, unfinished, cancellationToken).ConfigureAwait(false);
            }

            File.Move(unfinished, file, overwrite: true);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || (exception is IOException && exception is not ArtifactFetchException))
        {
            throw new ArtifactFetchException($"'{artifact.Path}' could not be kept in {_directory}: {exception.Message}", innerException: exception);
        }
        finally
        {
            // Where even the directory could not be made there is nothing to delete, and the attempt would hide why.
            if (File.Exists(unfinished))
            {
                File.Delete(unfinished);
            }
        }
    }

    private async Task CopyAsync(Artifact artifact, ArtifactSet set, string target, CancellationToken cancellationToken)
    {
        // What was kept on the disk may have been damaged there; then it is fetched once more.
        foreach (bool isSuspect in (bool[])[false, true])
        {
            File.Copy(await downloads.FetchAsync(artifact, set, isSuspect, cancellationToken).ConfigureAwait(false), target, overwrite: true);
            FileStream copy = File.OpenRead(target);
            await using (copy.ConfigureAwait(false))
            {
                if (await ArtifactHash.OfAsync(copy, cancellationToken).ConfigureAwait(false) == artifact.Hash)
                {
                    return;
                }
            }
        }

        throw new ArtifactFetchException($"What is kept of '{artifact.Path}' in {downloads.CacheDirectory} is damaged again and again. It is not used.");
    }

    private async Task UnpackAsync(Artifact artifact, string file, CancellationToken cancellationToken)
    {
        string unfinished = Path.Join(_directory, $".{Guid.NewGuid():N}");
        try
        {
            string target = Path.Join(Path.GetDirectoryName(artifact.Path.Under(_directory)), artifact.UnpackedName ?? ArchiveUnpacker.DirectoryNameOf(artifact.Path.Value));
            ArtifactStoreOptions limits = new() { MaximumUnpackedBytes = options.MaximumUnpackedBytes, MaximumArchiveEntryCount = options.MaximumArchiveEntryCount };
            await new ArchiveUnpacker(artifact.Path.Value, unfinished, limits).UnpackAsync(file, cancellationToken).ConfigureAwait(false);
            Directory.Move(unfinished, target);
        }
        catch (ArtifactTooLargeException exception)
        {
            throw new ArtifactFetchException($"'{artifact.Path}' has more in it than this worker unpacks ({nameof(IsolatedSessionOptions)}.{exception.Setting}).", innerException: exception);
        }
        catch (ArtifactArchiveException exception)
        {
            throw new ArtifactFetchException(exception.Message, innerException: exception);
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }
}
