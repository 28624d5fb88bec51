namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Finds what workers that have ended left behind outside their group, by the worker's id in its environment, and kills it. One for the process; it looks through <c>/proc</c> in the background,
/// once for however many workers have ended, and never for more than a twentieth of the time.
/// </summary>
/// <remarks>Thread safe.</remarks>
internal sealed class EscapeeSweep
{
    private const int MaximumPasses = 10;
    private const int Idleness = 20;
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

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

    /// <summary>Looks now. Completes when a search that began after this call has ended. Never fails.</summary>
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

        long begun = TimeProvider.System.GetTimestamp();
        Sweep();
        lock (_gate)
        {
            _pauseBegan = TimeProvider.System.GetTimestamp();
            TimeSpan pause = TimeProvider.System.GetElapsedTime(begun, _pauseBegan) * Idleness;
            _pause = pause > LeastPause ? pause : LeastPause;
        }
    }

    // In passes, because what is killed may have started something since it was seen.
    private void Sweep()
    {
        try
        {
            for (int pass = 0; pass < MaximumPasses; pass++)
            {
                bool isAny = false;
                foreach ((int processId, string workerId) in ProcFileSystem.FindMarked($"{WorkerEnvironmentVariables.Host}={HostMark.Value}", WorkerEnvironmentVariables.Id))
                {
                    isAny |= !IsLive(workerId) && ProcessSignals.TrySend(processId, ProcessSignals.Kill);
                }

                if (!isAny)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is no /proc to look at. What can escape then stands in the documentation.
        }
    }

    private bool IsLive(string workerId)
    {
        lock (_gate)
        {
            return _live.Contains(workerId);
        }
    }
}
