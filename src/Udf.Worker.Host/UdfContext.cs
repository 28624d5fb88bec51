using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Udf.Worker.Host;

/// <summary>What an execution was started with.</summary>
/// <remarks>Immutable, safe from any thread. Made by the host for each execution; in a test of a function it can be made by hand.</remarks>
public sealed class UdfContext
{
    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    /// <summary>The function: its format, its bytes, and what it is called. Whole and checked.</summary>
    public required WorkerPayload Payload { get; init; }

    /// <summary>The id of the execution, unique among those of the engine; empty if the engine gave none.</summary>
    public string ExecutionId { get; init; } = "";

    /// <summary>What the bytes of the batches are, in both directions.</summary>
    public WorkerDataFormat DataFormat { get; init; } = WorkerDataFormat.Raw;

    /// <summary>What the engine says of the task that the execution belongs to.</summary>
    public IReadOnlyDictionary<string, string> TaskContext { get; init; } = Nothing;

    /// <summary>The configuration of the session that the execution belongs to.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = Nothing;

    /// <summary>Environment variables that are meant for this execution. They are not set in the process.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = Nothing;

    /// <summary>Directories for this execution, by logical name.</summary>
    public IReadOnlyDictionary<string, string> ResourceDirectories { get; init; } = Nothing;

    /// <summary>The session's time zone, such as <c>Europe/Berlin</c>, or <see langword="null"/> if it was not given.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The schema of the batches that come in, in terms of the data format, or <see langword="null"/> if it was not given.</summary>
    public ReadOnlyMemory<byte>? InputSchema { get; init; }

    /// <summary>The schema of the batches that are to go out, in terms of the data format, or <see langword="null"/> if it was not given.</summary>
    public ReadOnlyMemory<byte>? OutputSchema { get; init; }

    /// <summary>Opaque parameters of the engine, or <see langword="null"/> if there are none.</summary>
    public ReadOnlyMemory<byte>? Parameters { get; init; }

    /// <summary>Falls when the execution is cancelled, whatever the function is doing then. A function that computes for long looks at it.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>For what the function has to tell whoever operates it.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
