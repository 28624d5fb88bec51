namespace Udf.Worker.Artifacts;

/// <summary>Where artifacts are kept, and how much of them. Not to be changed once a store has been made with it.</summary>
public sealed class ArtifactStoreOptions
{
    private long _maximumArtifactBytes = 1L << 30;
    private long _maximumUnpackedBytes = 4L << 30;
    private int _maximumArchiveEntryCount = 100_000;
    private TimeSpan _sessionIdleTimeout = TimeSpan.FromHours(1);

    /// <summary>The directory under which each session has its own. Made if it is missing, and never deleted.</summary>
    /// <value>By default a new one in the system's directory for temporary files.</value>
    public string? RootDirectory { get; set; }

    /// <summary>How long an artifact may be.</summary>
    /// <value>In bytes, at least 1; 1 GiB by default. An artifact of <c>cache/</c> takes that much memory.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaximumArtifactBytes
    {
        get => _maximumArtifactBytes;
        set => _maximumArtifactBytes = AtLeastOne(value);
    }

    /// <summary>How much an archive may unpack to, counted as it is written and not as the archive says.</summary>
    /// <value>In bytes, at least 1; 4 GiB by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaximumUnpackedBytes
    {
        get => _maximumUnpackedBytes;
        set => _maximumUnpackedBytes = AtLeastOne(value);
    }

    /// <summary>How many files and directories an archive may have.</summary>
    /// <value>At least 1; 100,000 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumArchiveEntryCount
    {
        get => _maximumArchiveEntryCount;
        set => _maximumArchiveEntryCount = (int)AtLeastOne(value);
    }

    /// <summary>After how long without use a session ends by itself. What runs in it is use.</summary>
    /// <value>Positive or <see cref="Timeout.InfiniteTimeSpan"/>; 1 hour by default. With no limit, a session that nobody closes stays until the store is disposed.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative, and not infinite.</exception>
    public TimeSpan SessionIdleTimeout
    {
        get => _sessionIdleTimeout;
        set
        {
            if (value != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            }

            _sessionIdleTimeout = value;
        }
    }

    /// <summary>Lets workers read the artifacts that do not share this file system.</summary>
    /// <value><see langword="null"/> by default: workers read the directory itself.</value>
    public IArtifactPublisher? Publisher { get; set; }

    /// <summary>Called with a directory that could not be deleted at the end of its session, and the reason. Must not throw.</summary>
    /// <value><see langword="null"/> by default: such a directory just stays.</value>
    public Action<string, Exception>? CleanUpFailed { get; set; }

    /// <summary>The clock behind <see cref="SessionIdleTimeout"/>.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Opens files that are being written; tests put a full disk here.</summary>
    internal Func<string, Stream> CreateFile { get; set; } = static path => new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.None,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
    });

    private static long AtLeastOne(long value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        return value;
    }
}
