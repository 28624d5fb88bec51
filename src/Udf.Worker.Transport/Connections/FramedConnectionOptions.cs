using Udf.Worker.Protocol;

namespace Udf.Worker.Transport;

/// <summary>Limits of the framed connection to a worker. Immutable.</summary>
public sealed record FramedConnectionOptions
{
    private readonly MultiplexingMode _multiplexing = MultiplexingMode.SmallBatches;
    private readonly int _maxFrameBytes = WireLimits.DefaultMaxFrameBytes;
    private readonly int _chunkPayloadAboveBytes = 1024 * 1024;
    private readonly int _maxIdleConnectionCount = 64;
    private readonly TimeSpan _frameStallTimeout = TimeSpan.FromSeconds(30);
    private readonly TimeSpan _reconnectDelay = TimeSpan.FromMilliseconds(1);

    /// <summary>The defaults.</summary>
    public static FramedConnectionOptions Default { get; } = new();

    /// <summary>The longest frame that is taken from a worker, in bytes. A longer one is refused from its header, before anything is buffered.</summary>
    /// <value>At least 1 KiB. Default: 128 MiB. What a worker sends at once is held in memory up to this size.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is smaller.</exception>
    public int MaxFrameBytes
    {
        get => _maxFrameBytes;
        init => _maxFrameBytes = AtLeast(1024, value, nameof(MaxFrameBytes));
    }

    /// <summary>A payload longer than this, in bytes, travels in chunks of this size, with its size and CRC-32.</summary>
    /// <value>At least 1 KiB. Default: 1 MiB.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is smaller.</exception>
    public int ChunkPayloadAboveBytes
    {
        get => _chunkPayloadAboveBytes;
        init => _chunkPayloadAboveBytes = AtLeast(1024, value, nameof(ChunkPayloadAboveBytes));
    }

    /// <summary>How many connections to one worker are kept open for its next executions.</summary>
    /// <value>0 or more. Default: 64.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxIdleConnectionCount
    {
        get => _maxIdleConnectionCount;
        init => _maxIdleConnectionCount = AtLeast(0, value, nameof(MaxIdleConnectionCount));
    }

    /// <summary>How long a frame that has begun may gain no byte before its connection is broken. Time between frames does not count.</summary>
    /// <value>Positive, or <see cref="Timeout.InfiniteTimeSpan"/>: a worker that stops inside a frame then hangs its session until it is cancelled. Default: 30 s.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public TimeSpan FrameStallTimeout
    {
        get => _frameStallTimeout;
        init => _frameStallTimeout = value == Timeout.InfiniteTimeSpan ? value : Positive(value, nameof(FrameStallTimeout));
    }

    /// <summary>How long to wait, at least, before the next attempt to connect to a worker that does not listen yet. It becomes longer with the time that the worker takes: a sixty-fourth of it, up to 100 ms.</summary>
    /// <value>Positive. Default: 1 ms.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan ReconnectDelay
    {
        get => _reconnectDelay;
        init => _reconnectDelay = Positive(value, nameof(ReconnectDelay));
    }

    /// <summary>Which executions share one connection to their worker instead of having one of their own. Sharing pays for many executions with small batches at the same time; it costs large ones a copy.</summary>
    /// <value>Default: <see cref="MultiplexingMode.SmallBatches"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the enumeration.</exception>
    public MultiplexingMode Multiplexing
    {
        get => _multiplexing;
        init => _multiplexing = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(Multiplexing), value, "Unknown mode.");
    }

    internal FrameLimit FrameLimit => new(MaxFrameBytes, nameof(MaxFrameBytes));

    private static int AtLeast(int least, int value, string name) =>
        value >= least ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least {least}.");

    private static TimeSpan Positive(TimeSpan value, string name) =>
        value > TimeSpan.Zero && value.TotalMilliseconds < uint.MaxValue - 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be positive and below 50 days.");
}
