using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The lock of one environment: who has it is the only one on this machine, of this user, that installs or cleans it up. Found by what the environment says, so that nobody needs to agree on a name.
/// </summary>
internal sealed partial class EnvironmentLock
{
    // A wait for a lock of the system would hold a thread and could not be cancelled. An installation takes seconds; so much later is not noticed.
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(200);

    private readonly LockDirectory _directory;
    private readonly ProcessContext _context;

    /// <summary>Creates the lock; nothing is made or asked for yet.</summary>
    public EnvironmentLock(WorkerEnvironment environment, ProcessContext context)
    {
        _directory = context.Settings.EnvironmentLockDirectory;
        _context = context;
        FilePath = Path.Combine(_directory.Path, $"{EnvironmentKey.Of(environment)}.lock");
    }

    /// <summary>The option that decides <see cref="Limit"/>.</summary>
    public static string LimitSetting => $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.EnvironmentLockTimeout)}";

    /// <summary>The option that decides where the lock is.</summary>
    public static string DirectorySetting => $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.EnvironmentLockDirectory)}";

    /// <summary>The file of the lock.</summary>
    public string FilePath { get; }

    /// <summary>How long it is waited for.</summary>
    public TimeSpan Limit => _context.Settings.EnvironmentLockTimeout;

    /// <summary>Whether nothing may be done without it.</summary>
    public bool IsRequired => _directory.IsRequired;

    /// <summary>Asks for the lock, without waiting.</summary>
    public LockAttempt TryTake() => _directory.Prepare() is { } problem ? new LockAttempt(null, problem) : FileLock.TryTake(FilePath);

    /// <summary>Waits for the lock.</summary>
    /// <returns>The lock, or that there can be none, or that another still has it after <see cref="Limit"/>.</returns>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public async Task<LockAttempt> TakeAsync(CancellationToken cancellationToken)
    {
        LockAttempt attempt = TryTake();
        if (!attempt.IsTaken)
        {
            return attempt;
        }

        TimeProvider clock = _context.TimeProvider;
        long begun = clock.GetTimestamp();
        Log.Waiting(_context.Logger, Limit.TotalMilliseconds, FilePath);
        TimeSpan poll = FirstPoll;
        while (attempt.IsTaken && Limit - clock.GetElapsedTime(begun) is { } left && left > TimeSpan.Zero)
        {
            await Task.Delay(poll < left ? poll : left, clock, cancellationToken).ConfigureAwait(false);
            attempt = TryTake();
            poll = poll * 2 < LongestPoll ? poll * 2 : LongestPoll;
        }

        return attempt;
    }

    private static partial class Log
    {
        [LoggerMessage(134, LogLevel.Information, "Another process or dispatcher is at work on the same environment of a worker; it is waited for, up to {LimitMs} ms ({LockFile}).", EventName = "EnvironmentLockWaiting")]
        public static partial void Waiting(ILogger logger, double limitMs, string lockFile);
    }
}
