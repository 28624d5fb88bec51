namespace Udf.Worker;

/// <summary>What a session is initialised with: the function, and the circumstances in which it runs. Immutable; maps that are given are not copied and must not change.</summary>
public sealed record WorkerInit
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>Creates the message for a payload.</summary>
    /// <param name="payload">The function.</param>
    public WorkerInit(WorkerPayload payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Payload = payload;
    }

    /// <summary>The function.</summary>
    public WorkerPayload Payload { get; init; }

    /// <summary>The format of the batches in both directions; <see langword="null"/> for the first that the worker's specification declares.</summary>
    public WorkerDataFormat? DataFormat { get; init; }

    /// <summary>The schema of the batches that will be sent, in terms of the data format, or <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? InputSchema { get; init; }

    /// <summary>The schema of the batches that are expected back, in terms of the data format, or <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? OutputSchema { get; init; }

    /// <summary>Where in the engine's work this execution stands: partition, attempt, stage. Keys that begin with <c>udf.</c> belong to this library.</summary>
    public IReadOnlyDictionary<string, string> TaskContext { get; init; } = None;

    /// <summary>Settings for the worker (<c>session_conf</c>). The static configuration of the specification is added; a key that stands in both is taken from here.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = None;

    /// <summary>Environment variables for this execution, by name. What the specification refers to is added by the dispatcher.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = None;

    /// <summary>Directories by their logical name, as the worker sees them. What the specification requires is added by the dispatcher.</summary>
    public IReadOnlyDictionary<string, string> ResourceDirectories { get; init; } = None;

    /// <summary>The time zone of the session, as an IANA id or a fixed offset, untransformed, or <see langword="null"/>.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Opaque parameters of the engine for the function, or <see langword="null"/>; the answer is <see cref="WorkerInitResult.Data"/>.</summary>
    public ReadOnlyMemory<byte>? Parameters { get; init; }
}
