using System.Runtime.ExceptionServices;

namespace Udf.Worker;

/// <summary>How a session ended. Immutable.</summary>
public sealed class WorkerSessionOutcome
{
    private WorkerSessionOutcome(WorkerSessionOutcomeKind kind, Exception? exception)
    {
        Kind = kind;
        Exception = exception;
    }

    /// <summary>Which of the four ways it was.</summary>
    public WorkerSessionOutcomeKind Kind { get; }

    /// <summary>
    /// What went wrong; <see langword="null"/> when the function finished. For a cancelled session it is <see langword="null"/> too,
    /// unless the function's cancel callback failed.
    /// </summary>
    public Exception? Exception { get; }

    /// <summary>Why the session was cancelled, if it was and a reason was given.</summary>
    public string? CancelReason { get; private init; }

    /// <summary>What the worker measured, or <see langword="null"/> if it sent nothing.</summary>
    public WorkerExecutionMetrics? Metrics { get; private init; }

    /// <summary>What the function's finish callback answered, or <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? Data { get; private init; }

    /// <summary>Whether the worker can be used again: after every end but <see cref="WorkerSessionOutcomeKind.TransportFailed"/>.</summary>
    public bool IsSalvageable => Kind != WorkerSessionOutcomeKind.TransportFailed;

    /// <summary>The function ended normally.</summary>
    /// <param name="metrics">What the worker measured.</param>
    /// <param name="data">What the function answered at its end.</param>
    public static WorkerSessionOutcome Finished(WorkerExecutionMetrics? metrics = null, ReadOnlyMemory<byte>? data = null) =>
        new(WorkerSessionOutcomeKind.Finished, null) { Metrics = metrics, Data = data };

    /// <summary>The session was cancelled.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="metrics">What the worker measured.</param>
    /// <param name="exception">What the function's cancel callback failed with, if it did.</param>
    public static WorkerSessionOutcome Cancelled(string? reason = null, WorkerExecutionMetrics? metrics = null, Exception? exception = null) =>
        new(WorkerSessionOutcomeKind.Cancelled, exception) { CancelReason = reason, Metrics = metrics };

    /// <summary>The worker reported an error and ended the execution cleanly.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="metrics">What the worker measured.</param>
    public static WorkerSessionOutcome Failed(Exception exception, WorkerExecutionMetrics? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new(WorkerSessionOutcomeKind.Failed, exception) { Metrics = metrics };
    }

    /// <summary>The execution did not end cleanly.</summary>
    /// <param name="exception">What happened.</param>
    public static WorkerSessionOutcome TransportFailed(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new(WorkerSessionOutcomeKind.TransportFailed, exception);
    }

    /// <summary>The way, and the message of what went wrong.</summary>
    public override string ToString() => Exception is null ? Kind.ToString() : $"{Kind}: {Exception.Message}";

    /// <summary>Throws what a caller who waits for the result of this session must see, unless the function finished.</summary>
    /// <param name="executionId">The session's execution, for the message.</param>
    internal void ThrowUnlessFinished(string executionId)
    {
        switch (Kind)
        {
            case WorkerSessionOutcomeKind.Finished:
                return;
            case WorkerSessionOutcomeKind.Cancelled:
                throw new OperationCanceledException($"Execution {executionId} was cancelled{(CancelReason is null ? "" : $": {CancelReason}")}.", Exception);
            case WorkerSessionOutcomeKind.Failed:
            case WorkerSessionOutcomeKind.TransportFailed:
                ExceptionDispatchInfo.Throw(Exception!);
                return;
            default:
                throw new InvalidOperationException($"Unknown outcome {Kind}.");
        }
    }
}
