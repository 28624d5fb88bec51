using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// How many workers are kept, how long they live, and how callers wait for them. What is said of a pool holds for each pair of specification and security scope; only <see cref="Budget"/> spans several.
/// Read once, when a dispatcher is made.
/// </summary>
public sealed class WorkerPoolOptions
{
    /// <summary>How many idle workers are kept ready ahead of demand, once the pool has been used or warmed up. A security scope that has had no session for ten times <see cref="IdleTimeout"/> keeps none any more, until it is used again. Given up if <see cref="Budget"/> is needed elsewhere, and not started again while starts fail.</summary>
    /// <value>From 0 to <see cref="MaxWorkers"/>. Default: 0.</value>
    public int MinIdleWorkers { get; set; }

    /// <summary>How many workers a pool has at most, with those that are starting or ending.</summary>
    /// <value>From 1 to 10,000. Default: four times the number of processors, at least 32.</value>
    public int MaxWorkers { get; set; } = Math.Max(32, 4 * System.Environment.ProcessorCount);

    /// <summary>How many sessions run on one worker at a time. Another worker is started only when all have that many.</summary>
    /// <value>From 1 to 1,000. Default: 1. For specifications without <c>supportsConcurrentUdfs</c>, or that do not support reuse, it is 1 whatever stands here.</value>
    public int SessionsPerWorker { get; set; } = 1;

    /// <summary>How long a worker may be idle before it is ended. The one that was used least recently goes first; <see cref="MinIdleWorkers"/> stay.</summary>
    /// <value>Positive. Default: 60 s.</value>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>After how many sessions a worker is replaced.</summary>
    /// <value>At least 1, or <see langword="null"/> for no limit: what user code leaks then stays as long as the worker is busy. Default: <see langword="null"/>.</value>
    public int? MaxSessionsPerWorker { get; set; }

    /// <summary>After which time a worker takes no more sessions; it ends when those it has are over. Each worker's age is shorter by a random part of up to 10 %, so that not all are replaced at once.</summary>
    /// <value>Positive, or <see langword="null"/> for no limit. Default: <see langword="null"/>.</value>
    public TimeSpan? MaxWorkerAge { get; set; }

    /// <summary>How much resident memory a worker may hold when a session is over; beyond that it takes no more and ends when those it has are over.</summary>
    /// <value>At least 1 MiB, or <see langword="null"/> for no limit. Default: <see langword="null"/>. The worker's own process counts, not what it has started: on Linux what <c>/proc</c> calls resident, elsewhere its working set. A worker that may not be looked at is not limited.</value>
    public long? MaxResidentBytes { get; set; }

    /// <summary>
    /// Which lines of a worker's output say that it can no longer be trusted, although it still answers. One that has written such a line serves no further session. Called on threads that read output, for
    /// several workers at a time; what it throws counts as no.
    /// </summary>
    /// <value>Default: what the common runtimes write before they end, such as <c>Unhandled exception</c>, <c>Fatal Python error:</c>, <c>panic:</c> or <c>Segmentation fault</c>.</value>
    public Func<string, bool> IsFatalOutput { get; set; } = FatalOutput.IsSign;

    /// <summary>How long a caller waits for a worker, the start of a new one included, and further tries if the first turned out to be dead or full.</summary>
    /// <value>Positive. Default: 30 s.</value>
    public TimeSpan AcquireTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many callers may wait in one pool; further ones are refused at once. Those for whom a worker is starting, or can be, do not count.</summary>
    /// <value>From 0 (refuse when all workers are busy and no more can be started) to 1,000,000. Default: 1,024.</value>
    public int MaxWaiting { get; set; } = 1024;

    /// <summary>How long no worker is started after a start has failed. The time doubles with each further failure until a worker has served a session, and a random part of up to one half is taken off.</summary>
    /// <value>Positive. Default: 100 ms. Cut to <see cref="MaximumStartRetryDelay"/>.</value>
    public TimeSpan StartRetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The most that is waited between two starts that fail.</summary>
    /// <value>Positive. Default: 30 s.</value>
    public TimeSpan MaximumStartRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many workers a payload may have killed within <see cref="PoisonWindow"/> before it is refused.</summary>
    /// <value>From 1 to 100, or <see langword="null"/> to refuse none: a payload that kills its worker then does so each time. Default: 3.</value>
    public int? PoisonThreshold { get; set; } = 3;

    /// <summary>How long the death of a worker is held against its payload, and how long the payload is refused after the last one.</summary>
    /// <value>Positive. Default: 10 min.</value>
    public TimeSpan PoisonWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many workers several dispatchers may have together.</summary>
    /// <value><see langword="null"/> for no limit beyond <see cref="MaxWorkers"/>, which each security scope has for itself. Default: <see langword="null"/>.</value>
    public WorkerBudget? Budget { get; set; }

    /// <summary>The options as they are now, out of reach of later changes.</summary>
    internal WorkerPoolOptions Copy() => (WorkerPoolOptions)MemberwiseClone();
}
