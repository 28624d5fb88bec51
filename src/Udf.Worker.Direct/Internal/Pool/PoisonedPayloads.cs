namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Which payloads have killed workers, with the evidence. From the threshold on a payload is refused, until the window has passed since its last death; then it begins anew. Holds a bounded number of
/// payloads, and of each no more evidence than the threshold. No clock, no lock: the caller passes the time, and makes one call at a time.
/// </summary>
/// <param name="threshold">How many deaths within the window; at least 1.</param>
/// <param name="window">How long a death counts.</param>
/// <param name="capacity">How many payloads are remembered; at least 1. Beyond that the one is forgotten whose last death is longest ago, those that are not refused first.</param>
internal sealed class PoisonedPayloads(int threshold, TimeSpan window, int capacity = PoisonedPayloads.DefaultCapacity)
{
    public const int DefaultCapacity = 1024;

    /// <summary>How much of the evidence of one death is kept, in characters.</summary>
    public const int MaximumEvidenceLength = 2048;

    // Each with its deaths, the oldest first.
    private readonly Dictionary<PayloadIdentity, Queue<PayloadDeath>> _deaths = [];

    /// <summary>Whether its owner has let go of it, because it was empty: what is recorded here from then on is lost. Written by the owner.</summary>
    public bool IsLetGo { get; set; }

    /// <summary>How many payloads are remembered.</summary>
    public int Count => _deaths.Count;

    /// <summary>A worker has died. What ran on it is held responsible if it was one payload, however many sessions ran it; with several nobody knows which it was, and an innocent one must never be refused.</summary>
    /// <param name="running">What the worker's sessions ran.</param>
    /// <param name="evidence">How the worker ended.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether the payload is refused from now on, and was not before.</returns>
    public bool Record(IReadOnlyCollection<PayloadIdentity> running, string evidence, TimeSpan now)
    {
        PayloadIdentity? payload = running.FirstOrDefault();
        if (payload is null || running.Any(other => other != payload))
        {
            return false;
        }

        bool wasRefused = Find(payload, now) is not null;
        if (!_deaths.TryGetValue(payload, out Queue<PayloadDeath>? deaths))
        {
            MakeRoom(now);
            _deaths.Add(payload, deaths = []);
        }

        // What is refused is so for a window from its last death; else only what is in the window counts.
        while (deaths.Count > 0 && (deaths.Count == threshold || (!wasRefused && HasPassed(deaths.Peek(), now))))
        {
            deaths.Dequeue();
        }

        deaths.Enqueue(new PayloadDeath(now, evidence.Length <= MaximumEvidenceLength ? evidence : evidence[^MaximumEvidenceLength..]));
        return !wasRefused && deaths.Count == threshold;
    }

    /// <summary>Says whether a payload is refused.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="now">The time.</param>
    /// <returns>Why and until when; <see langword="null"/> if it may run.</returns>
    public PoisonVerdict? Find(PayloadIdentity payload, TimeSpan now)
    {
        if (!_deaths.TryGetValue(payload, out Queue<PayloadDeath>? deaths))
        {
            return null;
        }

        PayloadDeath last = deaths.Last();
        if (HasPassed(last, now))
        {
            _deaths.Remove(payload);
            return null;
        }

        return deaths.Count < threshold ? null : new PoisonVerdict([.. deaths], last.At + window);
    }

    /// <summary>Forgets the payloads whose last death no longer counts.</summary>
    public void ForgetOld(TimeSpan now)
    {
        foreach ((PayloadIdentity payload, Queue<PayloadDeath> deaths) in _deaths)
        {
            if (HasPassed(deaths.Last(), now))
            {
                _deaths.Remove(payload);
            }
        }
    }

    private bool HasPassed(PayloadDeath death, TimeSpan now) => now - death.At >= window;

    private void MakeRoom(TimeSpan now)
    {
        if (_deaths.Count < capacity)
        {
            return;
        }

        ForgetOld(now);
        if (_deaths.Count >= capacity)
        {
            _deaths.Remove(_deaths.MinBy(entry => (entry.Value.Count >= threshold, entry.Value.Last().At)).Key);
        }
    }
}
