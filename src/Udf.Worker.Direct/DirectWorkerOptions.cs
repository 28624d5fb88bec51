using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// How worker processes are started, watched and ended. Read once, when a dispatcher is made; later changes reach only later dispatchers.
/// </summary>
public sealed class DirectWorkerOptions
{
    /// <summary>How long a worker may take from its start until it has answered, where its specification does not say.</summary>
    /// <value>Positive. Default: 10 s. Cut to <see cref="MaximumTimeout"/>.</value>
    public TimeSpan InitializationTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker may take to end after it was asked to (SIGTERM), where its specification does not say. After that it is killed.</summary>
    /// <value>Positive. Default: 5 s. Cut to <see cref="MaximumTimeout"/>.</value>
    public TimeSpan GracefulTerminationTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The most that a specification can ask for as its initialization or graceful-termination timeout. A larger value is cut to it, with a warning.</summary>
    /// <value>Positive. Default: 30 s.</value>
    public TimeSpan MaximumTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long each callable of an environment (verification, installation, cleanup) may run. After that it is killed.</summary>
    /// <value>Positive. Default: 120 s. Not cut to <see cref="MaximumTimeout"/>.</value>
    public TimeSpan CallableTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the end of a killed process is waited for. After that an error is logged with its process id, and it is left to the system.</summary>
    /// <value>Positive. Default: 5 s.</value>
    public TimeSpan KillTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a session whose connection was lost waits for the news that its worker has ended, so that the error says how.</summary>
    /// <value>Positive. Default: 1 s.</value>
    public TimeSpan ExitNoticeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the output of a process is still read after its end, so that its last lines are in the error. Only something that the process started, and that holds the output open, makes it that long.
    /// </summary>
    /// <value>Positive. Default: 100 ms.</value>
    public TimeSpan OutputDrainTimeout { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many of the last lines that a process wrote are kept for errors.</summary>
    /// <value>From 1 to 10,000. Default: 50.</value>
    public int OutputTailLineCount { get; set; } = 50;

    /// <summary>How many bytes these lines may have together; only whole lines are kept. A line of more than 16 KiB counts as several.</summary>
    /// <value>From 16 KiB to 64 MiB; each worker may hold as much in memory. Default: 1 MiB.</value>
    public int OutputTailBytes { get; set; } = 1024 * 1024;

    /// <summary>Settings that sessions are given where the specification asks for them by name (<c>session.dynamicConfig</c>). Nothing else of it reaches a worker.</summary>
    /// <value>Default: empty. A key that a specification requires and that is missing fails the session's init.</value>
    public IDictionary<string, string> DynamicConfiguration { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Directories by the logical names that specifications ask for (<c>session.requiredResourceDirectories</c>), as absolute paths.</summary>
    /// <value>Default: empty. A name that a specification requires and that is missing fails the session's init.</value>
    public IDictionary<string, string> ResourceDirectories { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What starts processes.</summary>
    internal IWorkerLauncher Launcher { get; set; } = LocalProcessLauncher.Instance;
}
