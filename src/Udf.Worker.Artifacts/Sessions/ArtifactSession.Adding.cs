using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <content>How artifacts come in.</content>
public sealed partial class ArtifactSession
{
    private const int CopyBufferBytes = 128 * 1024;

    /// <summary>Adds an artifact whose bytes are in memory.</summary>
    /// <param name="path">What it is called: relative, such as <c>assemblies/Pricing.dll</c>; its first directory decides what it is (<see cref="ArtifactKind"/>). For an archive, <c>#name</c> may follow, the directory that it is unpacked to.</param>
    /// <param name="content">The bytes; copied.</param>
    /// <param name="cancellationToken">Gives up; nothing is left then.</param>
    /// <exception cref="ArtifactPathException">The path cannot be one.</exception>
    /// <exception cref="ArtifactExistsException">The session has another one of this name.</exception>
    /// <exception cref="ArtifactTooLargeException">It is too long, or unpacks to too much.</exception>
    /// <exception cref="ArtifactArchiveException">It is an archive that cannot be unpacked.</exception>
    /// <exception cref="ArtifactStorageException">The file system refuses it.</exception>
    /// <exception cref="ObjectDisposedException">The session has ended.</exception>
    public async Task AddAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArtifactUpload upload = BeginUpload(path);
        await using (upload.ConfigureAwait(false))
        {
            await upload.AppendAsync(content, Crc32.Compute(content.Span), cancellationToken).ConfigureAwait(false);
            await upload.CompleteAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds an artifact that is a file.</summary>
    /// <param name="path">What it is called, as for <see cref="AddAsync"/>.</param>
    /// <param name="sourceFile">The file. A symbolic link is refused.</param>
    /// <param name="isStaged">Whether the file was made only for this and is moved; otherwise it is copied. If it cannot be added it stays where it is.</param>
    /// <param name="cancellationToken">Gives up; nothing is left then.</param>
    /// <inheritdoc cref="AddAsync" path="/exception"/>
    public async Task AddFileAsync(string path, string sourceFile, bool isStaged = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sourceFile);
        var name = ArtifactName.Parse(path);
        BeginUse();
        try
        {
            await GuardAsync(name.Path, () => AddFileCoreAsync(name, sourceFile, cancellationToken)).ConfigureAwait(false);
            if (isStaged)
            {
                await GuardAsync(name.Path, () =>
                {
                    File.Delete(sourceFile);
                    return Task.CompletedTask;
                }).ConfigureAwait(false);
            }
        }
        finally
        {
            EndUse();
        }
    }

    /// <summary>Adds many artifacts. Each is tried, even if another of its name is there already; any other failure ends the batch at once, with those added that came before it.</summary>
    /// <param name="additions">The artifacts, in order.</param>
    /// <param name="cancellationToken">Gives up before the next one.</param>
    /// <exception cref="ArtifactExistsException">For the first of those of whose name there is another one; <see cref="ArtifactExistsException.Others"/> has the further ones.</exception>
    /// <inheritdoc cref="AddAsync" path="/exception[not(@cref='T:Udf.Worker.Artifacts.ArtifactExistsException')]"/>
    public async Task AddAllAsync(IEnumerable<ArtifactAddition> additions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(additions);
        List<ArtifactExistsException> existing = [];
        foreach (ArtifactAddition addition in additions)
        {
            try
            {
                await AddFileAsync(addition.Path, addition.SourceFile, addition.IsStaged, cancellationToken).ConfigureAwait(false);
            }
            catch (ArtifactExistsException exception)
            {
                existing.Add(exception);
            }
        }

        if (existing.Count > 0)
        {
            throw existing[0].With(existing[1..]);
        }
    }

    /// <summary>Begins an artifact that arrives in chunks. It is added when the upload is complete.</summary>
    /// <param name="path">What it is called, as for <see cref="AddAsync"/>.</param>
    /// <returns>The upload, to be disposed by the caller.</returns>
    /// <exception cref="ArtifactPathException">The path cannot be one.</exception>
    /// <exception cref="ArtifactArchiveException">It is no kind of archive that is known.</exception>
    /// <exception cref="ArtifactStorageException">The file system refuses it.</exception>
    /// <exception cref="ObjectDisposedException">The session has ended.</exception>
    public ArtifactUpload BeginUpload(string path)
    {
        var name = ArtifactName.Parse(path);
        BeginUse();
        try
        {
            return new ArtifactUpload(this, name, new StagedFile(name.Path, _directory, _options));
        }
        catch (Exception exception)
        {
            EndUse();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new ArtifactStorageException(name.Path.Value, Directory, exception);
            }

            throw;
        }
    }

    /// <summary>Makes what was staged an artifact of the session.</summary>
    internal Task CommitAsync(ArtifactName name, StagedFile file, ArtifactHash? expected, CancellationToken cancellationToken) => GuardAsync(name.Path, async () =>
    {
        ArtifactHash hash = await file.CompleteAsync().ConfigureAwait(false);
        if (expected is { } should && should != hash)
        {
            throw new ArtifactCorruptException(name.Path.Value, $"its SHA-256 is {hash}, and was announced as {should}.");
        }

        Artifact artifact = new(name.Path, hash, file.LengthBytes) { UnpackedName = name.Directory };
        if (name.Path.Kind == ArtifactKind.Cache)
        {
            _index.PutBlock(artifact, new CachedBlock(await File.ReadAllBytesAsync(file.Location, cancellationToken).ConfigureAwait(false)));
        }
        else if (name.Directory is null)
        {
            _index.Put(artifact, file.Location);
        }
        else
        {
            await PutArchiveAsync(artifact, file.Location, cancellationToken).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _artifacts = null;
        }
    });

    /// <summary>Runs what touches the file system, and says which artifact it was about if that fails.</summary>
    internal async Task GuardAsync(ArtifactPath path, Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArtifactStorageException(path.Value, Directory, exception);
        }
    }

    private async Task AddFileCoreAsync(ArtifactName name, string sourceFile, CancellationToken cancellationToken)
    {
        // A link would be followed out of wherever the engine keeps what was sent to it.
        if (new FileInfo(sourceFile).LinkTarget is not null)
        {
            throw new ArtifactPathException(sourceFile, "the file that it should be made of is a symbolic link");
        }

        StagedFile staged = new(name.Path, _directory, _options);
        await using (staged.ConfigureAwait(false))
        {
            FileStream source = new(sourceFile, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using (source.ConfigureAwait(false))
            {
                byte[] buffer = new byte[CopyBufferBytes];
                int count;
                while ((count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    await staged.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                }
            }

            await CommitAsync(name, staged, expected: null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PutArchiveAsync(Artifact artifact, string file, CancellationToken cancellationToken)
    {
        string unpacked = _directory.NewStagingPath();
        try
        {
            await new ArchiveUnpacker(artifact.Path.Value, unpacked, _options).UnpackAsync(file, cancellationToken).ConfigureAwait(false);
            _index.Put(artifact, file, unpacked);
        }
        finally
        {
            // Still there if it failed, or if the session had the same archive.
            if (System.IO.Directory.Exists(unpacked))
            {
                System.IO.Directory.Delete(unpacked, recursive: true);
            }
        }
    }
}
