namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Finds what workers that have ended left behind outside their group, by the worker's id in its environment, and kills it. One for the process; it looks through <c>/proc</c> in the background,
/// once for however many workers have ended, and never for more than a twentieth of the time.
/// </summary>
/// <remarks>Thread safe.</remarks>
internal sealed class EscapeeSweep
{
    private const int Idleness = 20;
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    // For all passes of one search. A process in an uninterruptible wait of the kernel does not end sooner.
    private static readonly TimeSpan PassesLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(32);

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly HashSet<string> _live = new(StringComparer.Ordinal);
    private Task _running = Task.CompletedTask;
    private Task? _queued;
    private bool _isDue;
    private long _pauseBegan;
    private TimeSpan _pause;

    private EscapeeSweep()
    {
    }

    /// <summary>The sweep of this process.</summary>
    public static EscapeeSweep Instance { get; } = new();

    /// <summary>Says that a worker is about to be started: what carries its id is left alone.</summary>
    public void Add(string workerId)
    {
        lock (_gate)
        {
            _live.Add(workerId);
        }
    }

    /// <summary>Says that a worker has ended: what still carries its id is ended soon, at once if nothing was looked for within the last second.</summary>
    public void Remove(string workerId)
    {
        lock (_gate)
        {
            if (!_live.Remove(workerId) || _isDue)
            {
                return;
            }

            _isDue = true;
        }

        _ = Detached.Run(SweepWhenDueAsync);
    }

    /// <summary>Looks now. Completes when a search that began after this call has ended, and what it killed is gone, or two seconds have passed. Never fails.</summary>
    public Task SweepAsync()
    {
        lock (_gate)
        {
            return _queued ??= Detached.Run(SweepNextAsync);
        }
    }

    private async Task SweepWhenDueAsync()
    {
        TimeSpan rest;
        lock (_gate)
        {
            rest = _pause - TimeProvider.System.GetElapsedTime(_pauseBegan);
        }

        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, TimeProvider.System).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _isDue = false;
        }

        await SweepAsync().ConfigureAwait(false);
    }

    private async Task SweepNextAsync()
    {
        Task before;
        lock (_gate)
        {
            before = _running;
        }

        await before.ConfigureAwait(false);
        lock (_gate)
        {
            _running = _queued!;
            _queued = null;
        }

        TimeSpan busy = await SearchAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _pauseBegan = TimeProvider.System.GetTimestamp();
            TimeSpan pause = busy * Idleness;
            _pause = pause > LeastPause ? pause : LeastPause;
        }
    }

    // In passes until one finds nobody, because what was killed may have started something since it was seen, and is there until the system has come to end it.
    private async Task<TimeSpan> SearchAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        TimeSpan busy = TimeSpan.Zero;
        TimeSpan rest = FirstRest;
        while (true)
        {
            long passBegun = TimeProvider.System.GetTimestamp();
            bool isAny = KillWhatIsFound();
            busy += TimeProvider.System.GetElapsedTime(passBegun);
            if (!isAny || TimeProvider.System.GetElapsedTime(begun) > PassesLimit)
            {
                return busy;
            }

            await Task.Delay(rest, TimeProvider.System).ConfigureAwait(false);
            rest = rest < LongestRest ? rest * 2 : LongestRest;
        }
    }

    private bool KillWhatIsFound()
    {
        bool isAny = false;
        try
        {
            foreach ((int processId, string workerId) in ProcFileSystem.FindMarked($"{WorkerEnvironmentVariables.Host}={HostMark.Value}", WorkerEnvironmentVariables.Id))
            {
                isAny |= !IsLive(workerId) && ProcessSignals.TrySend(processId, ProcessSignals.Kill);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is no /proc to look at. What can escape then stands in the documentation.
        }

        return isAny;
    }

    private bool IsLive(string workerId)
    {
        lock (_gate)
        {
            return _live.Contains(workerId);
        }
    }
}
