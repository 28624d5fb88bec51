using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Udf.Worker.Isolation;

/// <summary>How a worker keeps isolated sessions. Not to be changed once <see cref="IsolatedSessions"/> has been made with it.</summary>
public sealed class IsolatedSessionOptions
{
    private int _maximumSessionCount = 100;
    private TimeSpan _idleTimeout = TimeSpan.FromMinutes(30);
    private int _fetchAttemptCount = 3;
    private TimeSpan _fetchRetryDelay = TimeSpan.FromMilliseconds(200);
    private TimeSpan _fetchTimeout = TimeSpan.FromSeconds(60);
    private long _maximumUnpackedBytes = 4L << 30;
    private int _maximumArchiveEntryCount = 100_000;

    /// <summary>How many sessions are kept. One more, and that which was used longest ago is cleaned up, at its last release if it is in use.</summary>
    /// <value>At least 1; 100 by default. Each holds its assemblies in memory.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumSessionCount
    {
        get => _maximumSessionCount;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maximumSessionCount = value;
        }
    }

    /// <summary>How long a session is kept that no execution uses.</summary>
    /// <value>Positive or <see cref="Timeout.InfiniteTimeSpan"/>; 30 minutes by default. With no limit, a session stays until others need its place.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative, and not infinite.</exception>
    public TimeSpan IdleTimeout
    {
        get => _idleTimeout;
        set => _idleTimeout = Positive(value);
    }

    /// <summary>Whose assemblies come first.</summary>
    /// <value><see cref="AssemblyLoadOrder.ParentFirst"/> by default.</value>
    public AssemblyLoadOrder LoadOrder { get; set; }

    /// <summary>
    /// Whether the constructors of a script's submission classes (<c>Submission#0</c> …, as C# scripting names them) are reduced to the call of their base when they are loaded, so that an object of one
    /// can be made without the submissions before it. Other types stay as they are.
    /// </summary>
    /// <value><see langword="false"/> by default. The symbols of such an assembly are not loaded, because they would no longer fit.</value>
    public bool CleansSubmissions { get; set; }

    /// <summary>Where artifacts are kept that were fetched from another machine, by their content, for all sessions and workers that are given the same directory.</summary>
    /// <value>
    /// <see langword="null"/> by default: a directory of this worker's own, deleted with <see cref="IsolatedSessions"/>. One that is given here is made if it is missing, is not deleted, and
    /// must be writable for nobody else. The files and unpacked archives of each session have a directory of their own in it (<c>.sessions</c>), which goes with the session.
    /// </value>
    public string? CacheDirectory { get; set; }

    /// <summary>How often an artifact is tried to be fetched.</summary>
    /// <value>At least 1; 3 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int FetchAttemptCount
    {
        get => _fetchAttemptCount;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _fetchAttemptCount = value;
        }
    }

    /// <summary>How long after a failed attempt the next one begins; twice as long after each further one.</summary>
    /// <value>Positive; 200 ms by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan FetchRetryDelay
    {
        get => _fetchRetryDelay;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _fetchRetryDelay = value;
        }
    }

    /// <summary>How long one attempt may take.</summary>
    /// <value>Positive or <see cref="Timeout.InfiniteTimeSpan"/>; 60 s by default. With no limit, a server that is silent holds an execution until it is cancelled.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative, and not infinite.</exception>
    public TimeSpan FetchTimeout
    {
        get => _fetchTimeout;
        set => _fetchTimeout = Positive(value);
    }

    /// <summary>How much an archive that was fetched may unpack to, counted as it is written and not as the archive says.</summary>
    /// <value>In bytes, at least 1; 4 GiB by default, as the engine's store has it.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaximumUnpackedBytes
    {
        get => _maximumUnpackedBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maximumUnpackedBytes = value;
        }
    }

    /// <summary>How many files and directories an archive that was fetched may have.</summary>
    /// <value>At least 1; 100,000 by default, as the engine's store has it.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumArchiveEntryCount
    {
        get => _maximumArchiveEntryCount;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maximumArchiveEntryCount = value;
        }
    }

    /// <summary>What artifacts are fetched with over HTTP.</summary>
    /// <value>By default one of its own. One that is given here is not disposed.</value>
    public HttpMessageInvoker? HttpInvoker { get; set; }

    /// <summary>Where log messages go.</summary>
    /// <value>Nowhere by default. Not disposed.</value>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock behind every time limit.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    private static TimeSpan Positive(TimeSpan value)
    {
        if (value != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
        }

        return value;
    }
}
