using System.Security.Cryptography;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>An artifact on its way: written beside its session's directory, hashed as it is written, and gone when it is disposed, unless it was moved to its place.</summary>
/// <remarks>Not thread safe.</remarks>
internal sealed class StagedFile : IAsyncDisposable
{
    private readonly ArtifactStoreOptions _options;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArtifactPath _artifact;
    private Stream? _stream;

    internal StagedFile(ArtifactPath artifact, SessionDirectory directory, ArtifactStoreOptions options)
    {
        _artifact = artifact;
        _options = options;
        Location = directory.NewStagingPath();
        _stream = options.CreateFile(Location);
    }

    internal string Location { get; }

    internal long LengthBytes { get; private set; }

    /// <exception cref="ArtifactTooLargeException">It grows beyond the limit.</exception>
    /// <exception cref="IOException">The file system refuses.</exception>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        LengthBytes += data.Length;
        if (LengthBytes > _options.MaximumArtifactBytes)
        {
            throw new ArtifactTooLargeException(
                _artifact.Value, $"is longer than the {_options.MaximumArtifactBytes} bytes that an artifact may have", nameof(ArtifactStoreOptions.MaximumArtifactBytes));
        }

        _hash.AppendData(data.Span);
        await _stream!.WriteAsync(data, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>There is no more: closes the file.</summary>
    /// <returns>The hash of all that was written.</returns>
    internal async ValueTask<ArtifactHash> CompleteAsync()
    {
        Stream stream = _stream!;
        _stream = null;
        await stream.DisposeAsync().ConfigureAwait(false);
        return ArtifactHash.FromBytes(_hash.GetHashAndReset());
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        try
        {
            if (_stream is { } stream)
            {
                _stream = null;
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // What could not be written is deleted anyway.
        }

        try
        {
            File.Delete(Location);
        }
        catch (IOException exception)
        {
            _options.CleanUpFailed?.Invoke(Location, exception);
        }
    }
}
