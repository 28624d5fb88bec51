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

    /// <summary>
    /// Says which failures of an environment's verification or installation are transient: these are tried again, and are not remembered if they stay. All others are permanent:
    /// a verification that fails says that the environment is to be installed, an installation that fails is remembered and not run again by its dispatcher.
    /// </summary>
    /// <value>
    /// Default: <see cref="WorkerEnvironmentFailure.IsTransientByDefault"/>. Called from any thread, for several dispatchers at a time; what it throws reaches those who wait for the environment, and nothing is remembered.
    /// </value>
    public Func<WorkerEnvironmentFailure, bool> IsTransientEnvironmentFailure { get; set; } = WorkerEnvironmentFailure.IsTransientByDefault;

    /// <summary>How often one preparation of an environment is attempted at most while it fails transiently, the first time included. The next session after that begins anew.</summary>
    /// <value>From 1 (never again) to 100. Default: 3.</value>
    public int EnvironmentAttemptCount { get; set; } = 3;

    /// <summary>How long to wait before the second attempt. The time doubles before each further one, and a random part of up to one half is taken off, so that many hosts do not try at once.</summary>
    /// <value>Positive. Default: 1 s. Cut to <see cref="MaximumEnvironmentRetryDelay"/>.</value>
    public TimeSpan EnvironmentRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The most that is waited between two attempts.</summary>
    /// <value>Positive. Default: 30 s.</value>
    public TimeSpan MaximumEnvironmentRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long to wait while another process of this user, or another dispatcher, prepares or cleans up the same environment: the same verification, installation and cleanup,
    /// with their arguments and variables. Two installations of it never run at once. After this time a preparation fails, transiently, and a cleanup is left out with a warning.
    /// </summary>
    /// <value>Positive, or <see langword="null"/> for as long as <see cref="CallableTimeout"/>. Default: <see langword="null"/>. Closing a dispatcher that has a cleanup may take this much longer.</value>
    public TimeSpan? EnvironmentLockTimeout { get; set; }

    /// <summary>
    /// Where the locks are that keep two processes from installing the same environment at once: a directory of this machine, made for this user alone (mode 0700) if it is not there.
    /// Processes that are to wait for each other need the same one.
    /// </summary>
    /// <value>
    /// An absolute path, or <see langword="null"/> for <c>/tmp/udf-environment-locks-&lt;user id&gt;</c> (elsewhere than on Unix: in the temporary directory). Default: <see langword="null"/>.
    /// If the default cannot be used, a warning is logged and the environment is prepared without a lock; if a directory that was set here cannot, the preparation fails.
    /// </value>
    public string? EnvironmentLockDirectory { get; set; }

    /// <summary>How long the end of a killed process is waited for. After that an error is logged with its process id, and it is left to the system.</summary>
    /// <value>Positive. Default: 5 s.</value>
    public TimeSpan KillTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a session whose connection was lost waits for the news that its worker has ended, so that the error says how.</summary>
    /// <value>Positive. Default: 1 s.</value>
    public TimeSpan ExitNoticeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often a worker is asked for a sign of life over its manage connection, and how long it has to answer. A worker that does not answer <see cref="HeartbeatMisses"/> times in a row has a request loop that is
    /// stuck: it is ended, and every session on it with a <see cref="WorkerTimeoutException"/>.
    /// </summary>
    /// <value>
    /// Positive, or <see cref="Timeout.InfiniteTimeSpan"/> for no heartbeats: a worker that is stuck is then found by the limits of its sessions only. Default: 5 s. While a session runs, misses count only if the
    /// specification says that the worker's manage connection is independent (<see cref="WorkerCapabilities.ManageIsIndependent"/>): another worker may simply be computing. A transport that cannot ping has no heartbeats.
    /// </value>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many heartbeats in a row a worker may miss; with the last of them it is ended.</summary>
    /// <value>From 1 to 1,000. Default: 3, which with the default <see cref="HeartbeatInterval"/> finds a stuck worker within 20 s.</value>
    public int HeartbeatMisses { get; set; } = 3;

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

    /// <summary>The directory that workers, and the callables of their environment, start in. A relative path in the command of a specification counts from there.</summary>
    /// <value>An absolute path; <see langword="null"/> for the directory of this process. Default: <see langword="null"/>. It must exist when a process is started.</value>
    public string? WorkingDirectory { get; set; }

    /// <summary>Which environment variables of this process are given to workers and callables. What the specification sets comes in any case, and replaces what is inherited.</summary>
    /// <value>
    /// Default: <see cref="WorkerEnvironmentInheritance.All"/>, as with any child process: also the secrets that this process was given in its environment. Where user code is not trusted with them,
    /// choose another one. The environment is never part of an error message or of the log.
    /// </value>
    public WorkerEnvironmentInheritance EnvironmentInheritance { get; set; }

    /// <summary>The variables that are inherited with <see cref="WorkerEnvironmentInheritance.AllowList"/>.</summary>
    /// <value>Names, compared ordinally; a <c>*</c> at the end stands for anything. Default: what programs need to find their files and speak the user's language, no more.</value>
    public ISet<string> InheritedEnvironmentVariables { get; } = new HashSet<string>(StringComparer.Ordinal) { "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LC_*", "DOTNET_ROOT*" };

    /// <summary>What each worker may use: memory, files, CPU time. Not applied to the callables of its environment.</summary>
    /// <value>Default: <see cref="WorkerLimits.Default"/>: no limit, but no core dumps.</value>
    public WorkerLimits Limits { get; set; } = WorkerLimits.Default;

    /// <summary>
    /// Where the whole output of a worker is recorded, as a file named by its id. The file is kept, and named in the error, if the worker fails to start, ends by itself, is stuck or fails its session;
    /// otherwise it goes with the worker. Kept files are the user's to delete.
    /// </summary>
    /// <value>An absolute path; made with access for this user only if it does not exist. <see langword="null"/> for no record. Default: <see langword="null"/>.</value>
    public string? FailureLogDirectory { get; set; }

    /// <summary>How much of one worker's output is recorded. When half of it is written, the file is renamed to <c>….1.log</c>, in place of the one before, and a new one begun: the last half is always there.</summary>
    /// <value>From 64 KiB to 1 TiB. Default: 64 MiB.</value>
    public long FailureLogBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// How long the end of this process waits for dispatchers that were not disposed: they end their workers and clean their environments up. The longest of all dispatchers counts; after it, what still
    /// runs is killed.
    /// </summary>
    /// <value>Positive. Default: 10 s.</value>
    public TimeSpan ExitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a SIGTERM that this process does not handle itself makes the dispatcher end its workers and clean up first, as a normal exit does; without that, only its workers are killed.
    /// A handler of the program that was registered after the first dispatcher was made, or after <c>AddUdfWorkers()</c>, such as that of the generic host, is heard first; where it cancels the
    /// termination, nothing is done here. A program that registers its own before that, and cancels the termination, sets this to <see langword="false"/>.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool EndWorkersOnTermination { get; set; } = true;

    /// <summary>How many workers are kept, how long they live, and how callers wait for them.</summary>
    /// <value>Default: as <see cref="WorkerPoolOptions"/> says.</value>
    public WorkerPoolOptions Pool { get; } = new();

    /// <summary>What starts processes.</summary>
    /// <value><see langword="null"/> for the service of this type if there is a container that has one, and else for <see cref="LocalProcessLauncher"/>. Default: <see langword="null"/>.</value>
    public IWorkerLauncher? Launcher { get; set; }

    /// <summary>The directory of locks where <see cref="EnvironmentLockDirectory"/> says nothing.</summary>
    internal LockDirectory DefaultLockDirectory { get; set; } = LockDirectory.Default;

    /// <summary>Where the random part of waits comes from: from 0 to below 1. Called from any thread.</summary>
    internal Func<double> NextRandom { get; set; } = Random.Shared.NextDouble;
}
