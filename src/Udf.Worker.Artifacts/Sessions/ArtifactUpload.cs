using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <summary>An artifact that arrives in chunks, each with its checksum. Nothing of it can be seen until it is complete, and nothing is left of it if it fails.</summary>
/// <remarks>For one caller at a time. Dispose it in any case; before <see cref="CompleteAsync"/> that gives it up. As long as it is open, its session is in use.</remarks>
public sealed class ArtifactUpload : IAsyncDisposable
{
    private readonly ArtifactSession _session;
    private readonly ArtifactName _name;
    private readonly StagedFile _file;
    private bool _isOver;
    private bool _isDisposed;

    internal ArtifactUpload(ArtifactSession session, ArtifactName name, StagedFile file)
    {
        _session = session;
        _name = name;
        _file = file;
    }

    /// <summary>Takes the next chunk.</summary>
    /// <param name="chunk">Its bytes.</param>
    /// <param name="crc32">Their CRC-32 as zlib has it, made by the sender.</param>
    /// <param name="cancellationToken">Gives the upload up.</param>
    /// <exception cref="ArtifactCorruptException">The checksum differs.</exception>
    /// <exception cref="ArtifactTooLargeException">The artifact grows beyond <see cref="ArtifactStoreOptions.MaximumArtifactBytes"/>.</exception>
    /// <exception cref="ArtifactStorageException">The file system refuses it.</exception>
    /// <exception cref="InvalidOperationException">The upload is complete, has failed, or was given up.</exception>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> chunk, uint crc32, CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        _isOver = true;
        uint actual = Crc32.Compute(chunk.Span);
        if (actual != crc32)
        {
            throw new ArtifactCorruptException(_name.Path.Value, $"the chunk at byte {_file.LengthBytes} has the CRC-32 {actual:x8}, and was announced with {crc32:x8}.");
        }

        await _session.GuardAsync(_name.Path, () => _file.WriteAsync(chunk, cancellationToken).AsTask()).ConfigureAwait(false);
        _isOver = false;
    }

    /// <summary>There are no more chunks: adds the artifact to its session, by the rules for its kind.</summary>
    /// <param name="expected">The hash that the whole artifact should have, or <see langword="null"/> if that is not known.</param>
    /// <param name="cancellationToken">Gives the upload up.</param>
    /// <exception cref="ArtifactCorruptException">The hash differs.</exception>
    /// <exception cref="ArtifactExistsException">The session has another artifact of this name.</exception>
    /// <exception cref="ArtifactArchiveException">It is an archive that cannot be unpacked.</exception>
    /// <exception cref="ArtifactStorageException">The file system refuses it.</exception>
    /// <exception cref="InvalidOperationException">The upload is complete, has failed, or was given up.</exception>
    public async Task CompleteAsync(ArtifactHash? expected = null, CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        _isOver = true;
        await _session.CommitAsync(_name, _file, expected, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The end of the upload: if it is not complete, nothing is left of it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _isOver = true;
        try
        {
            await _file.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _session.EndUse();
        }
    }

    private void ThrowIfOver()
    {
        if (_isOver)
        {
            throw new InvalidOperationException($"The upload of '{_name.Path}' is complete, has failed, or was given up. Begin a new one.");
        }
    }
}
