namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The sessions on one worker, as far as its death is concerned: which payloads were running when it died. Sessions hear of a death one after the other; when the last has left, all are known.
/// Thread safe.
/// </summary>
internal sealed class WorkerSeats
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private int _taken;
    private List<WorkerPayload>? _casualties;
    private string? _evidence;

    /// <summary>A session was initialised on the worker.</summary>
    public void Take()
    {
        lock (_gate)
        {
            _taken++;
        }
    }

    /// <summary>A session that was initialised has ended.</summary>
    /// <param name="payload">What it ran.</param>
    /// <param name="evidence">How the worker died under it; <see langword="null"/> if it ended otherwise.</param>
    /// <returns>Once all sessions have left a worker that died: what ran on it, and how it died. Otherwise <see langword="null"/>.</returns>
    public (IReadOnlyList<WorkerPayload> Running, string Evidence)? Leave(WorkerPayload payload, string? evidence)
    {
        lock (_gate)
        {
            _taken--;
            if (evidence is not null)
            {
                (_casualties ??= []).Add(payload);
                _evidence ??= evidence;
            }

            if (_taken > 0 || _casualties is not { } casualties)
            {
                return null;
            }

            _casualties = null;
            return (casualties, _evidence!);
        }
    }
}
