namespace Udf.Worker;

/// <summary>A payload was refused before anything of it was sent, because it has killed too many workers. Other payloads are not affected.</summary>
public sealed class WorkerPoisonedPayloadException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which payload, how its workers ended, how long it is refused, and which settings decide it.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="deathCount">How many workers it has killed.</param>
    /// <param name="retryAfter">After which time it may run again.</param>
    public WorkerPoisonedPayloadException(string message, PayloadIdentity payload, int deathCount, TimeSpan retryAfter)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Payload = payload;
        DeathCount = deathCount;
        RetryAfter = retryAfter;
    }

    /// <summary>The payload.</summary>
    public PayloadIdentity Payload { get; }

    /// <summary>How many workers it has killed, as far as that counts.</summary>
    public int DeathCount { get; }

    /// <summary>After which time, counted from the refusal, it may run again. Until then every attempt is refused; that is why the exception is not transient.</summary>
    public TimeSpan RetryAfter { get; }
}
