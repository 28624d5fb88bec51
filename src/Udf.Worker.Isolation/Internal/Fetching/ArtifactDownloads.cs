using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Udf.Worker.Artifacts;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// Fetches artifacts by HTTP and keeps them on disk by their content. Each content is fetched once, however many ask for it at the same time and under whichever name; a failure is not remembered.
/// </summary>
/// <remarks>Thread safe.</remarks>
internal sealed class ArtifactDownloads : IDisposable
{
    private readonly IsolatedSessionOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly bool _isTemporary;
    private readonly ConcurrentDictionary<ArtifactHash, Lazy<Task<string>>> _underWay = new();

    internal ArtifactDownloads(IsolatedSessionOptions options)
    {
        _options = options;
        _isTemporary = options.CacheDirectory is null;
        CacheDirectory = options.CacheDirectory is { } directory ? Path.GetFullPath(directory) : Directory.CreateTempSubdirectory("udf-artifact-cache-").FullName;
        Directory.CreateDirectory(CacheDirectory);
        _http = options.HttpInvoker ?? new HttpMessageInvoker(new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.All,
            AllowAutoRedirect = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        });
    }

    internal string CacheDirectory { get; }

    /// <summary>Where the artifact is on this machine, once it has been fetched.</summary>
    /// <param name="artifact">The artifact.</param>
    /// <param name="set">Where it is fetched from.</param>
    /// <param name="isSuspect">Whether what is on the disk may have been damaged: then it is looked at, and fetched anew if it was.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArtifactFetchException">It could not be had.</exception>
    internal async Task<string> FetchAsync(Artifact artifact, ArtifactSet set, bool isSuspect, CancellationToken cancellationToken)
    {
        string file = Path.Join(CacheDirectory, artifact.Hash.ToString());
        if (File.Exists(file) && !(isSuspect && await DropIfDamagedAsync(artifact, file, cancellationToken).ConfigureAwait(false)))
        {
            return file;
        }

        // One fetch is shared by all who ask meanwhile, so it must not end with the first of them; its own time limits bound it.
        Lazy<Task<string>> fetch = _underWay.GetOrAdd(
            artifact.Hash, _ => new Lazy<Task<string>>(() => Task.Run(() => FetchOnceAsync(artifact, set, file), CancellationToken.None)));
        return await fetch.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (_options.HttpInvoker is null)
        {
            _http.Dispose();
        }

        if (_isTemporary)
        {
            Directory.Delete(CacheDirectory, recursive: true);
        }
    }

    /// <returns>Whether the file was damaged, and is gone now.</returns>
    private static async Task<bool> DropIfDamagedAsync(Artifact artifact, string file, CancellationToken cancellationToken)
    {
        try
        {
            FileStream stream = File.OpenRead(file);
            await using (stream.ConfigureAwait(false))
            {
                if (await ArtifactHash.OfAsync(stream, cancellationToken).ConfigureAwait(false) == artifact.Hash)
                {
                    return false;
                }
            }

            File.Delete(file);
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArtifactFetchException($"What was kept of '{artifact.Path}' as {file} cannot be read: {exception.Message}", innerException: exception);
        }
    }

    private async Task<string> FetchOnceAsync(Artifact artifact, ArtifactSet set, string file)
    {
        try
        {
            // It may have come between the look at the disk and the entry into the list.
            if (!File.Exists(file))
            {
                await FetchCoreAsync(artifact, set, file).ConfigureAwait(false);
            }

            return file;
        }
        finally
        {
            // Whatever came of it: the file is on the disk now, or the next who asks begins anew.
            _underWay.TryRemove(artifact.Hash, out _);
        }
    }

    private async Task FetchCoreAsync(Artifact artifact, ArtifactSet set, string file)
    {
        var address = new Uri(set.BaseUri, string.Join('/', artifact.Path.Value.Split('/').Select(Uri.EscapeDataString)));
        TimeSpan delay = _options.FetchRetryDelay;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await DownloadAsync(artifact, address, set.AccessToken, file).ConfigureAwait(false);
                return;
            }
            catch (ArtifactFetchException exception) when (!exception.IsMissing && attempt < _options.FetchAttemptCount)
            {
                await Task.Delay(delay, _options.TimeProvider).ConfigureAwait(false);
                delay *= 2;
            }
        }
    }

    private async Task DownloadAsync(Artifact artifact, Uri address, string? token, string file)
    {
        string unfinished = $"{file}.{Guid.NewGuid():N}";
        using CancellationTokenSource limit = new(_options.FetchTimeout, _options.TimeProvider);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            using HttpResponseMessage response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
            ThrowIfRefused(artifact, address, response.StatusCode);
            ArtifactHash hash;
            FileStream stream = new(unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                Stream content = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
                await CopyAsync(content, stream, artifact, address, limit.Token).ConfigureAwait(false);
                stream.Position = 0;
                hash = await ArtifactHash.OfAsync(stream, limit.Token).ConfigureAwait(false);
            }

            if (hash != artifact.Hash)
            {
                throw new ArtifactFetchException($"What came from {address} for '{artifact.Path}' has the SHA-256 {hash}, and was announced with {artifact.Hash}. It is not used.");
            }

            // Another worker with the same directory may have been first; its bytes are the same.
            File.Move(unfinished, file, overwrite: true);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested)
        {
            throw new ArtifactFetchException(
                $"'{artifact.Path}' did not come from {address} within {_options.FetchTimeout.TotalSeconds} s ({nameof(IsolatedSessionOptions.FetchTimeout)}).", innerException: exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or UnauthorizedAccessException || (exception is IOException && exception is not ArtifactFetchException))
        {
            throw new ArtifactFetchException($"'{artifact.Path}' could not be fetched from {address}: {exception.Message}", innerException: exception);
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

    private static void ThrowIfRefused(Artifact artifact, Uri address, HttpStatusCode status)
    {
        switch (status)
        {
            case HttpStatusCode.OK:
                return;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                throw new ArtifactFetchException($"There is no '{artifact.Path}' at {address} (status {(int)status}). Has the engine's session ended?", isMissing: true);
            default:
                throw new ArtifactFetchException($"The server answers {address} with status {(int)status} ({status}), so '{artifact.Path}' cannot be fetched.");
        }
    }

    // No byte more than was announced: a server must not fill this machine's disk.
    private static async Task CopyAsync(Stream content, Stream file, Artifact artifact, Uri address, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[81920];
        long length = 0;
        int count;
        while ((count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            length += count;
            if (length > artifact.LengthBytes)
            {
                break;
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }

        if (length != artifact.LengthBytes)
        {
            throw new ArtifactFetchException(
                $"From {address} came {(length > artifact.LengthBytes ? "more than" : $"only {length} of")} the {artifact.LengthBytes} bytes that '{artifact.Path}' was announced with. They are not used.");
        }
    }
}
