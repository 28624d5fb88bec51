namespace Udf.Worker;

/// <summary>How one session behaves. Immutable.</summary>
public sealed record WorkerSessionOptions
{
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(10);

    private readonly int? _expectedBatchBytes;
    private readonly TimeSpan _initTimeout = TimeSpan.FromSeconds(30);
    private readonly TimeSpan _terminatorTimeout = TimeSpan.FromSeconds(30);
    private readonly TimeSpan _cancelTimeout = TimeSpan.FromSeconds(5);
    private readonly TimeSpan _batchTimeout = Timeout.InfiniteTimeSpan;
    private readonly TimeSpan _idleStreamTimeout = Timeout.InfiniteTimeSpan;
    private readonly TimeSpan _pollBeforeWait;

    /// <summary>The defaults.</summary>
    public static WorkerSessionOptions Default { get; } = new();

    /// <summary>Who the session runs for.</summary>
    /// <value>Default: <see langword="null"/>, the scope of everything that names none.</value>
    public WorkerSecurityScope? SecurityScope { get; init; }

    /// <summary>
    /// How large the batches of the session are going to be, in bytes, as far as the caller knows. It decides nothing but speed: many sessions with small batches are faster on a connection that they share.
    /// Batches of another size are sent all the same.
    /// </summary>
    /// <value>0 or more. Default: <see langword="null"/>, not known.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? ExpectedBatchBytes
    {
        get => _expectedBatchBytes;
        init => _expectedBatchBytes = value is null or >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(ExpectedBatchBytes), value, $"{nameof(ExpectedBatchBytes)} must not be negative.");
    }

    /// <summary>How long the worker may take to answer <c>Init</c>, the function's own initialisation included.</summary>
    /// <value>Positive, or <see cref="Timeout.InfiniteTimeSpan"/>: a function that never ends its initialisation then waits for a cancellation. Default: 30 s.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public TimeSpan InitTimeout
    {
        get => _initTimeout;
        init => _initTimeout = Checked(value, nameof(InitTimeout));
    }

    /// <summary>How long a worker that has been sent all input may stay silent before its last word. Each message that it sends starts the time anew.</summary>
    /// <value>Positive, or <see cref="Timeout.InfiniteTimeSpan"/>: a worker that never ends an execution then waits for a cancellation. Default: 30 s.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public TimeSpan TerminatorTimeout
    {
        get => _terminatorTimeout;
        init => _terminatorTimeout = Checked(value, nameof(TerminatorTimeout));
    }

    /// <summary>
    /// How long a worker that was given a batch may stay silent while the answer is awaited. A worker counts as asked while it has sent fewer batches than it was given; the time begins anew when a batch
    /// has been sent whole, when the worker sends anything, and when the consumer asks for the next result. While the consumer does not ask, no time passes.
    /// </summary>
    /// <value>
    /// Positive, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit. Default: no limit. When it passes, the execution is cancelled: it has failed then, and its worker is healthy if the function confirms within
    /// <see cref="CancelTimeout"/>. A function that does not answer each batch must not be given this limit while its input may pause, or has to send empty batches instead.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public TimeSpan BatchTimeout
    {
        get => _batchTimeout;
        init => _batchTimeout = Checked(value, nameof(BatchTimeout));
    }

    /// <summary>
    /// How long no batch may pass an open stream in either direction, whoever is the reason: an input that yields nothing, a consumer that does not ask, a worker that neither takes nor answers. The error says which.
    /// The stream is open from the first result that is asked for until the execution ends.
    /// </summary>
    /// <value>
    /// Positive, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit. Default: no limit: a forgotten stream then holds its worker. When it passes, the execution is cancelled: it has failed then, and its worker
    /// is healthy if the function confirms within <see cref="CancelTimeout"/>.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public TimeSpan IdleStreamTimeout
    {
        get => _idleStreamTimeout;
        init => _idleStreamTimeout = Checked(value, nameof(IdleStreamTimeout));
    }

    /// <summary>How long a worker may take to confirm a cancellation, counted from its request. After that its connection is closed and the worker is not used again: this host ends it when the session is closed.</summary>
    /// <value>Positive, or <see cref="Timeout.InfiniteTimeSpan"/>: closing the session then waits as long as the function computes. Default: 5 s.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither.</exception>
    public TimeSpan CancelTimeout
    {
        get => _cancelTimeout;
        init => _cancelTimeout = Checked(value, nameof(CancelTimeout));
    }

    /// <summary>
    /// Whether the code that reads results goes on on the very thread that has received them, instead of on one of the thread pool: that saves waking another thread for each answer.
    /// It concerns results only, not what follows the end of the stream.
    /// </summary>
    /// <value>
    /// Default: <see langword="false"/>. For code that does little with a result and does not block: while it runs, nothing further of this session is received; others are not held up. Cancelling and closing
    /// the session work without that thread. Where a transport has no such thread to give, or none is left, it has no effect.
    /// </value>
    public bool ContinueInline { get; init; }

    /// <summary>
    /// How long who asks for a result looks for it himself, again and again, before he lets his thread go: an answer that comes in this time costs no waking of a thread, which is most of what a small one costs.
    /// </summary>
    /// <value>
    /// From zero to 10 ms. Default: zero: nobody polls. Pays where answers come within some tens of microseconds, at the price of a processor that is busy for as long as each wait lasts, up to this limit;
    /// the call that asks for the next result does not return meanwhile. An answer that comes later is later by the waking of one further thread. At most one thread fewer than there are processors polls at the same time, on a
    /// single processor none; who is one too many waits as usual. The worker's side has a setting of its own. Where a transport cannot poll, and on connections that several sessions share, it has no effect.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside this range.</exception>
    public TimeSpan PollBeforeWait
    {
        get => _pollBeforeWait;
        init => _pollBeforeWait = value >= TimeSpan.Zero && value <= LongestPoll
            ? value
            : throw new ArgumentOutOfRangeException(nameof(PollBeforeWait), value, $"{nameof(PollBeforeWait)} must be from zero to {LongestPoll.TotalMilliseconds} ms.");
    }

    private static TimeSpan Checked(TimeSpan value, string name)
    {
        // The upper bound is that of the timers of the framework.
        if (value != Timeout.InfiniteTimeSpan && (value <= TimeSpan.Zero || value.TotalMilliseconds > uint.MaxValue - 1))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be positive and below 50 days, or Timeout.InfiniteTimeSpan.");
        }

        return value;
    }
}
