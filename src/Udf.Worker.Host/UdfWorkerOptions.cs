using Microsoft.Extensions.Logging;
using Udf.Worker.Host.Internal;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host;

/// <summary>How a worker behaves. Not to be changed once the worker has been made with it.</summary>
public sealed class UdfWorkerOptions
{
    private int _maximumConcurrentExecutions = 1;
    private int _maxFrameBytes = WireLimits.DefaultMaxFrameBytes;
    private long _maxPayloadBytes = WireLimits.DefaultMaxPayloadBytes;
    private int _executionStackBytes = 1024 * 1024;
    private TimeSpan _frameStallTimeout = TimeSpan.FromSeconds(30);
    private TimeSpan _prefaceTimeout = TimeSpan.FromSeconds(10);
    private TimeSpan _pollBeforeWait;
    private IReadOnlyList<WorkerDataFormat>? _dataFormats;

    /// <summary>How many executions may run at once. It must not be less than what the worker's specification declares.</summary>
    /// <value>At least 1; 1 by default: the worker does not support concurrent executions. Each that runs has a thread; further ones are refused, not queued.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumConcurrentExecutions
    {
        get => _maximumConcurrentExecutions;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maximumConcurrentExecutions = value;
        }
    }

    /// <summary>The data formats that the functions take. An execution with another one is refused.</summary>
    /// <value>Not empty; <see cref="WorkerDataFormat.Raw"/> and <see cref="WorkerDataFormat.Arrow"/> by default, because to the host both are bytes.</value>
    /// <exception cref="ArgumentException">The list is empty or holds <see cref="WorkerDataFormat.Unspecified"/>.</exception>
    public IReadOnlyList<WorkerDataFormat> DataFormats
    {
        get => _dataFormats ??= [WorkerDataFormat.Raw, WorkerDataFormat.Arrow];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count == 0 || value.Contains(WorkerDataFormat.Unspecified))
            {
                throw new ArgumentException("At least one data format is needed, and Unspecified is none.", nameof(value));
            }

            _dataFormats = value;
        }
    }

    /// <summary>The longest message that is taken; a longer one ends the connection with an error.</summary>
    /// <value>In bytes, at least 1; 128 MiB by default. Each connection may hold one message of this length.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxFrameBytes
    {
        get => _maxFrameBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxFrameBytes = value;
        }
    }

    /// <summary>The longest payload of a function, all its chunks together.</summary>
    /// <value>In bytes, at least 1; 256 MiB by default. Each execution may hold as much as long as it runs.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaxPayloadBytes
    {
        get => _maxPayloadBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxPayloadBytes = value;
        }
    }

    /// <summary>How long a frame that has begun may gain no byte before the connection is given up.</summary>
    /// <value>Positive or <see cref="Timeout.InfiniteTimeSpan"/>; 30 s by default. With no limit, a peer that stops in the middle of a frame holds its thread for ever.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative, and not infinite.</exception>
    public TimeSpan FrameStallTimeout
    {
        get => _frameStallTimeout;
        set => _frameStallTimeout = Checked(value);
    }

    /// <summary>How long a new connection may take to send its preface.</summary>
    /// <value>Positive or <see cref="Timeout.InfiniteTimeSpan"/>; 10 s by default. With no limit, silent peers go only when more than 32 of them wait.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative, and not infinite.</exception>
    public TimeSpan PrefaceTimeout
    {
        get => _prefaceTimeout;
        set => _prefaceTimeout = Checked(value);
    }

    /// <summary>
    /// How long an execution that waits for its next batch looks for it itself, again and again, before its thread sleeps: a batch that comes in this time costs no waking of a thread, which is most of what a small one costs.
    /// </summary>
    /// <value>
    /// From zero to 10 ms; zero by default: nobody polls. Pays where batches follow each other within some tens of microseconds, at the price of a processor that is busy for as long as each wait lasts, up to this limit.
    /// At most one thread fewer than there are processors polls at the same time, on a single processor none; who is one too many waits as usual. Concerns executions with a connection of their own, on Linux.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside this range.</exception>
    public TimeSpan PollBeforeWait
    {
        get => _pollBeforeWait;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMilliseconds(10));
            _pollBeforeWait = value;
        }
    }

    /// <summary>The stack of the thread on which an execution runs its synchronous code.</summary>
    /// <value>In bytes, at least 128 KiB; 1 MiB by default. Address space, of which only what is used takes memory.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 128 KiB.</exception>
    public int ExecutionStackBytes
    {
        get => _executionStackBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 128 * 1024);
            _executionStackBytes = value;
        }
    }

    /// <summary>Whether payloads of format <c>dotnet.static-method</c> are served: they name a public static method of an assembly that the worker can load, and run it.</summary>
    /// <value><see langword="true"/> by default. The engine decides what a worker runs anyway; turn it off where engines of less trust may reach the worker.</value>
    public bool ServesStaticMethods { get; set; } = true;

    /// <summary>Whether the conformance functions of the protocol are served.</summary>
    /// <value>By default whether <c>UDF_WORKER_CONFORMANCE</c> is 1 in the environment.</value>
    public bool ServesConformanceFunctions { get; set; } = Environment.GetEnvironmentVariable("UDF_WORKER_CONFORMANCE") == "1";

    /// <summary>
    /// Whether many executions may share one connection. Their functions then run on as few threads as do the work, one call after another, but not all on the same one; each that blocks or computes still has a thread to itself.
    /// </summary>
    /// <value><see langword="true"/> by default. Turn it off for functions that depend on their thread: each execution then has a connection and a thread of its own.</value>
    public bool ServesMultiplexedConnections { get; set; } = true;

    /// <summary>Where log messages of the host and of functions go.</summary>
    /// <value>By default plain lines to standard error, from <see cref="LogLevel.Information"/> up. Not disposed by the host.</value>
    public ILoggerFactory LoggerFactory { get; set; } = StandardErrorLoggerFactory.Instance;

    /// <summary>The clock behind every time limit and measurement.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary><see cref="DataFormats"/> as they are called on the wire. The default is written out: code that is generic over an enumeration is compiled when it first runs, which is at the start of a worker.</summary>
    internal UDFWorkerDataFormat[] WireDataFormats =>
        _dataFormats is null ? [UDFWorkerDataFormat.Raw, UDFWorkerDataFormat.Arrow] : ToWire(_dataFormats);

    private static UDFWorkerDataFormat[] ToWire(IReadOnlyList<WorkerDataFormat> formats) => [.. formats.Select(static format => (UDFWorkerDataFormat)format)];

    private static TimeSpan Checked(TimeSpan value)
    {
        if (value != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
        }

        return value;
    }
}
