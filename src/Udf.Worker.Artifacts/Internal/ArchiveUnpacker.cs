using System.Formats.Tar;
using System.IO.Compression;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>
/// Unpacks an archive into an empty directory and nowhere else: each name is checked as that of an artifact is, links and devices are refused, and what is written is counted as it is written.
/// </summary>
internal sealed class ArchiveUnpacker(string archive, string target, ArtifactStoreOptions options)
{
    private readonly byte[] _buffer = new byte[81920];
    private readonly HashSet<string> _files = new(StringComparer.OrdinalIgnoreCase);
    private long _unpackedBytes;
    private int _entryCount;

    /// <summary>The name of the directory that an archive gets if its name says none: without the ending.</summary>
    /// <exception cref="ArtifactArchiveException">It is no kind of archive that is known.</exception>
    internal static string DirectoryNameOf(string archive)
    {
        string name = archive[(archive.LastIndexOf('/') + 1)..];
        foreach (string ending in (ReadOnlySpan<string>)[".tar.gz", ".tgz", ".tar", ".zip"])
        {
            if (name.Length > ending.Length && name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return name[..^ending.Length];
            }
        }

        throw new ArtifactArchiveException(archive, "its name ends with none of .zip, .tar, .tar.gz and .tgz.");
    }

    /// <exception cref="ArtifactArchiveException">It is damaged, or an entry must not be unpacked.</exception>
    /// <exception cref="ArtifactTooLargeException">It unpacks to more than is allowed.</exception>
    internal async Task UnpackAsync(string file, CancellationToken cancellationToken)
    {
        PrivateDirectory.Create(target);
        try
        {
            FileStream stream = File.OpenRead(file);
            await using (stream.ConfigureAwait(false))
            {
                if (archive.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
                {
                    await UnpackZipAsync(stream, cancellationToken).ConfigureAwait(false);
                }
                else if (archive.EndsWith("gz", StringComparison.OrdinalIgnoreCase))
                {
                    GZipStream unzipped = new(stream, CompressionMode.Decompress);
                    await using (unzipped.ConfigureAwait(false))
                    {
                        await UnpackTarAsync(unzipped, cancellationToken).ConfigureAwait(false);
                    }
                }
                else
                {
                    await UnpackTarAsync(stream, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException)
        {
            throw new ArtifactArchiveException(archive, $"it cannot be read: {exception.Message}", exception);
        }
    }

    private async Task UnpackZipAsync(Stream stream, CancellationToken cancellationToken)
    {
        using ZipArchive zip = new(stream, ZipArchiveMode.Read);

        // Before a single entry is looked at: the directory of a zip is in memory by now, and each entry has cost some of it.
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            // The upper half is what Unix keeps of a file: its kind and its rights.
            int kind = (entry.ExternalAttributes >> 16) & 0xF000;
            if (kind is not (0 or 0x8000 or 0x4000))
            {
                throw new ArtifactArchiveException(archive, $"'{entry.FullName}' in it is a link or a device.");
            }

            string? path = Place(entry.FullName, isDirectory: entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\'));
            if (path is not null)
            {
                Stream content = await entry.OpenAsync(cancellationToken).ConfigureAwait(false);
                await using (content.ConfigureAwait(false))
                {
                    await WriteAsync(content, path, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task UnpackTarAsync(Stream stream, CancellationToken cancellationToken)
    {
        TarReader tar = new(stream, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
            {
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                {
                    continue;
                }

                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.Directory))
                {
                    throw new ArtifactArchiveException(archive, $"'{entry.Name}' in it is no file and no directory but a {entry.EntryType}.");
                }

                string? path = Place(entry.Name, entry.EntryType == TarEntryType.Directory);
                if (path is not null)
                {
                    await WriteAsync(entry.DataStream ?? Stream.Null, path, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <returns>Where the file goes, in a directory that exists; <see langword="null"/> for a directory, which exists then.</returns>
    private string? Place(string name, bool isDirectory)
    {
        if (++_entryCount > options.MaximumArchiveEntryCount)
        {
            throw new ArtifactTooLargeException(
                archive, $"has more than the {options.MaximumArchiveEntryCount} entries that an archive may have", nameof(ArtifactStoreOptions.MaximumArchiveEntryCount));
        }

        string trimmed = name.Replace('\\', '/').TrimEnd('/');
        trimmed = trimmed.StartsWith("./", StringComparison.Ordinal) ? trimmed[2..] : trimmed;
        if (isDirectory && trimmed is "" or ".")
        {
            return null;
        }

        string path;
        try
        {
            // Under a name that means nothing, because in an archive "cache/" is a directory as any other.
            path = ArtifactPath.Parse("x/" + trimmed).Under(target)[(target.Length + 3)..];
        }
        catch (ArtifactPathException exception)
        {
            throw new ArtifactArchiveException(archive, $"an entry has a name that it may not have. {exception.Message}", exception);
        }

        path = Path.Join(target, path);
        if (!isDirectory && !_files.Add(path))
        {
            throw new ArtifactArchiveException(archive, $"'{trimmed}' occurs twice in it.");
        }

        string directory = isDirectory ? path : Path.GetDirectoryName(path)!;
        for (string parent = directory; parent.Length > target.Length; parent = Path.GetDirectoryName(parent)!)
        {
            if (_files.Contains(parent))
            {
                throw new ArtifactArchiveException(archive, $"'{trimmed}' in it has a file for a directory.");
            }
        }

        PrivateDirectory.Create(directory);
        if (!isDirectory && Directory.Exists(path))
        {
            throw new ArtifactArchiveException(archive, $"'{trimmed}' in it is a file and a directory.");
        }

        return isDirectory ? null : path;
    }

    private async Task WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        Stream file = options.CreateFile(path);
        await using (file.ConfigureAwait(false))
        {
            int count;
            while ((count = await content.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                _unpackedBytes += count;
                if (_unpackedBytes > options.MaximumUnpackedBytes)
                {
                    throw new ArtifactTooLargeException(
                        archive, $"unpacks to more than the {options.MaximumUnpackedBytes} bytes that are allowed", nameof(ArtifactStoreOptions.MaximumUnpackedBytes));
                }

                await file.WriteAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
