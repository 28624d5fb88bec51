namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Keeps payloads that have killed workers away from further ones, each security scope for itself: what one has seen is not told to another. Thread safe. Costs nothing as long as no worker has died.
/// </summary>
internal sealed class PoisonGuard(WorkerPoolOptions options, TimeProvider timeProvider, PoolEvents events)
{
    private const string Settings = $"{nameof(WorkerPoolOptions)}.{nameof(WorkerPoolOptions.PoisonThreshold)}, {nameof(WorkerPoolOptions)}.{nameof(WorkerPoolOptions.PoisonWindow)}";

    // Each is guarded by itself.
    private readonly ScopeTable<PoisonedPayloads> _scopes = new();

    /// <summary>A worker has died by itself.</summary>
    /// <param name="scope">Whom it served.</param>
    /// <param name="running">What its sessions ran.</param>
    /// <param name="evidence">How it ended.</param>
    public void Record(WorkerSecurityScope? scope, IReadOnlyList<WorkerPayload> running, string evidence)
    {
        if (options.PoisonThreshold is not { } threshold)
        {
            return;
        }

        PayloadIdentity[] identities = [.. running.Select(static payload => payload.Identity)];
        TimeSpan now = Now;
        ForgetOld(now);
        bool? isRefused = null;
        while (isRefused is null)
        {
            PoisonedPayloads payloads = _scopes.GetOrAdd(scope, _ => new PoisonedPayloads(threshold, options.PoisonWindow)).Value;
            lock (payloads)
            {
                // Empty ones are taken out: one that was since it was looked up would forget this death.
                isRefused = payloads.IsLetGo ? null : payloads.Record(identities, evidence, now);
            }
        }

        if (isRefused.Value)
        {
            events.Poisoned(identities[0], threshold, options.PoisonWindow.TotalSeconds);
        }
    }

    /// <summary>Refuses a payload that has killed too many workers.</summary>
    /// <exception cref="WorkerPoisonedPayloadException">It has.</exception>
    public void ThrowIfRefused(WorkerSecurityScope? scope, WorkerPayload payload)
    {
        if (_scopes.IsEmpty || _scopes.Find(scope) is not { Value: var payloads })
        {
            return;
        }

        PayloadIdentity identity = payload.Identity;
        TimeSpan now = Now;
        PoisonVerdict? verdict;
        lock (payloads)
        {
            verdict = payloads.Find(identity, now);
        }

        if (verdict is not null)
        {
            throw ToException(identity, verdict, now);
        }
    }

    private TimeSpan Now => timeProvider.GetElapsedTime(0);

    private void ForgetOld(TimeSpan now)
    {
        foreach (ScopeTable<PoisonedPayloads>.Entry scope in _scopes.Entries)
        {
            PoisonedPayloads payloads = scope.Value;
            lock (payloads)
            {
                payloads.ForgetOld(now);
                payloads.IsLetGo = payloads.Count == 0;
                if (payloads.IsLetGo)
                {
                    _scopes.Remove(scope);
                }
            }
        }
    }

    private static WorkerPoisonedPayloadException ToException(PayloadIdentity payload, PoisonVerdict verdict, TimeSpan now)
    {
        TimeSpan left = verdict.Until - now;
        string evidence = string.Join("\n", verdict.Deaths.Select((death, index) => FormattableString.Invariant($"{index + 1}. {(now - death.At).TotalSeconds:0.#} s ago: {death.Evidence}")));
        return new WorkerPoisonedPayloadException(
            FormattableString.Invariant(
                $"Payload {payload} has killed {verdict.Deaths.Count} workers and is refused for another {left.TotalSeconds:0.#} s ({Settings}). Mend it, or raise the threshold if it is not at fault. What was seen:\n{evidence}"),
            payload,
            verdict.Deaths.Count,
            left);
    }
}
