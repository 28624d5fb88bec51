using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>How an execution ended, and everything that is known of it.</summary>
public sealed class EngineExecutionOutcome
{
    internal EngineExecutionOutcome(EngineOutcomeKind kind, ExecutionError? error)
    {
        Kind = kind;
        Error = error;
    }

    /// <summary>How it ended.</summary>
    public EngineOutcomeKind Kind { get; }

    /// <summary>
    /// The error that the worker reported first: one of init or of the data phase, else that of the terminator. Null if it
    /// reported none. It may be there with each kind but <see cref="EngineOutcomeKind.Finished"/> and
    /// <see cref="EngineOutcomeKind.Cancelled"/>, and comes before everything else that there is to say.
    /// </summary>
    public ExecutionError? Error { get; }

    /// <summary>The error of the terminator, where <see cref="Error"/> is an earlier one: what failed while it was cleaned up. Null for none.</summary>
    public ExecutionError? SuppressedError { get; internal init; }

    /// <summary>What the worker did against the rules, with <see cref="EngineOutcomeKind.ProtocolViolated"/>; null otherwise.</summary>
    public ProtocolViolation? Violation { get; internal init; }

    /// <summary>What became of the connection, with <see cref="EngineOutcomeKind.TransportFailed"/>; null otherwise.</summary>
    public string? TransportFailure { get; internal init; }

    /// <summary>The terminator, if it was this one; null otherwise.</summary>
    public FinishResponse? FinishResponse { get; internal init; }

    /// <summary>The terminator, if it was this one; null otherwise.</summary>
    public CancelResponse? CancelResponse { get; internal init; }

    /// <summary>The worker's totals of the execution; null if it reported none.</summary>
    public ExecutionMetrics? Metrics => FinishResponse?.Metrics ?? CancelResponse?.Metrics;
}
