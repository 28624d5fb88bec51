using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

/// <summary>What became of an execution on the wire, in Core's terms.</summary>
/// <param name="workerId">The id of the worker.</param>
/// <param name="processId">Its process, if it is one of this machine.</param>
/// <param name="endpoint">Where it is.</param>
internal sealed class ExecutionOutcomes(string workerId, int? processId, WorkerEndpoint endpoint)
{
    private const string StallSetting = $"{nameof(FramedConnectionOptions)}.{nameof(FramedConnectionOptions.FrameStallTimeout)}";

    private string Worker => processId is { } pid ? $"worker '{workerId}' (pid {pid})" : $"worker '{workerId}'";

    /// <summary>The outcome of an execution that ended with a terminator.</summary>
    /// <param name="outcome">What the state machine says.</param>
    /// <param name="failure">What it failed with, if it did: what the worker reported, or what was found on this side and led to the cancellation.</param>
    /// <param name="cancelReason">Why it was cancelled, if it was.</param>
    /// <param name="isOutputIncomplete">Whether batches were dropped: an execution that was cancelled just before it finished has not finished for who reads.</param>
    internal static WorkerSessionOutcome Clean(EngineExecutionOutcome outcome, Exception? failure, string? cancelReason, bool isOutputIncomplete) => outcome.Kind switch
    {
        _ when failure is not null => WorkerSessionOutcome.Failed(failure, Metrics(outcome.Metrics)),
        EngineOutcomeKind.Finished when !isOutputIncomplete =>
            WorkerSessionOutcome.Finished(Metrics(outcome.Metrics), outcome.FinishResponse is { HasData: true } finish ? finish.Data.Memory : null),
        EngineOutcomeKind.Finished or EngineOutcomeKind.Cancelled => WorkerSessionOutcome.Cancelled(cancelReason, Metrics(outcome.Metrics)),
        _ => throw new InvalidOperationException($"An execution that ended as {outcome.Kind} has no clean end."),
    };

    /// <summary>What the worker reported of an execution that has ended, with what it reported after that; <see langword="null"/> for nothing.</summary>
    internal WorkerException? Reported(EngineExecution execution)
    {
        EngineExecutionOutcome outcome = execution.Outcome!;
        if (outcome.Error is not { } error)
        {
            return null;
        }

        WorkerException reported = Reported(error, PhaseOf(execution, error));
        if (outcome.SuppressedError is { } suppressed)
        {
            reported.Data["Suppressed"] = Reported(suppressed, outcome.CancelResponse is null ? WorkerExecutionPhase.Finish : WorkerExecutionPhase.Cancel).Message;
        }

        return reported;
    }

    /// <summary>An error that the worker reported.</summary>
    private WorkerException Reported(ExecutionError error, WorkerExecutionPhase phase)
    {
        string where = $"in {Name(phase)} on {Worker}";
        return error.KindCase switch
        {
            ExecutionError.KindOneofCase.User => new WorkerUserException(
                $"The function failed {where}: {(error.User.HasErrorClass ? $"[{error.User.ErrorClass}] " : "")}{error.User.Message}",
                phase,
                error.User.Message,
                error.User.HasErrorClass ? error.User.ErrorClass : null,
                error.User.HasTraceback ? error.User.Traceback : null)
            {
                WorkerId = workerId,
                ProcessId = processId,
                Endpoint = endpoint.Address,
            },
            ExecutionError.KindOneofCase.Worker => new WorkerFaultException(
                $"The worker reported a fault of its own {where}: {error.Worker.Message}",
                phase,
                error.Worker.HasTraceback ? error.Worker.Traceback : null)
            {
                WorkerId = workerId,
                ProcessId = processId,
                Endpoint = endpoint.Address,
            },
            ExecutionError.KindOneofCase.Protocol => Protocol($"The worker reported a protocol error {where}: {error.Protocol.Message}", phase, reportedByWorker: true),
            ExecutionError.KindOneofCase.None => Protocol($"The worker reported an error {where} without saying which.", phase, reportedByWorker: true),
            _ => throw new InvalidOperationException($"Unknown error {error.KindCase}."),
        };
    }

    /// <summary>The phase in which the worker reported the error that decides an outcome.</summary>
    private static WorkerExecutionPhase PhaseOf(EngineExecution execution, ExecutionError error)
    {
        if (ReferenceEquals(execution.InitResponse?.Error, error) || execution.InitResponse is null)
        {
            return WorkerExecutionPhase.Init;
        }

        if (ReferenceEquals(execution.Outcome?.FinishResponse?.Error, error))
        {
            return WorkerExecutionPhase.Finish;
        }

        return ReferenceEquals(execution.Outcome?.CancelResponse?.Error, error) ? WorkerExecutionPhase.Cancel : WorkerExecutionPhase.Data;
    }

    /// <summary>What the worker did against the protocol.</summary>
    internal WorkerProtocolException Protocol(string message, WorkerExecutionPhase? phase = null, bool reportedByWorker = false) => new(message)
    {
        WorkerId = workerId,
        ProcessId = processId,
        Endpoint = endpoint.Address,
        Phase = phase,
        ReportedByWorker = reportedByWorker,
    };

    /// <summary>The worker broke the rules, as the state machine found.</summary>
    internal WorkerProtocolException Violated(ProtocolViolation violation) => Protocol($"{Capitalised(Worker)} broke the protocol: {violation.Message}");

    /// <summary>The connection ended or could not be read on.</summary>
    internal WorkerException Broken(FrameFault fault)
    {
        string message = $"The connection of an execution on {Worker} at {endpoint.Address} broke: {fault.Message}.";
        if (fault.Refused is not null || fault.IsViolation)
        {
            return Protocol(message);
        }

        return fault.StalledFor is { } limit
            ? Timeout($"{message} See what keeps the worker in the middle of a message, or raise {StallSetting}.", limit, StallSetting)
            : new WorkerConnectionException(fault.IsRefusal ? $"{Capitalised(Worker)} at {endpoint.Address} refused an execution: {fault.Message} Another worker may be tried." : message)
            {
                WorkerId = workerId,
                ProcessId = processId,
                Endpoint = endpoint.Address,
                IsAtCapacity = fault.IsRefusal,
            };
    }

    /// <summary>A limit has passed.</summary>
    private WorkerTimeoutException Timeout(string message, TimeSpan limit, string setting, Exception? cause = null, bool isTransient = true) => new(message, limit, setting, cause, isTransient)
    {
        WorkerId = workerId,
        ProcessId = processId,
        Endpoint = endpoint.Address,
    };

    /// <summary>The worker did not do something within a limit of the session's options.</summary>
    internal WorkerTimeoutException TooSlow(string what, TimeSpan limit, string option, string remedy, Exception? cause = null) => Timeout(
        $"{Capitalised(Worker)} at {endpoint.Address} did not {what} within {limit.TotalSeconds:0.###} s ({nameof(WorkerSessionOptions)}.{option}). {remedy}",
        limit,
        $"{nameof(WorkerSessionOptions)}.{option}",
        cause);

    /// <summary>An open stream was silent for longer than a limit of the session's options.</summary>
    internal WorkerTimeoutException Silent(StreamSilence silence, WorkerSessionOptions options) => silence switch
    {
        StreamSilence.Batch => TooSlow(
            "answer a batch",
            options.BatchTimeout,
            nameof(WorkerSessionOptions.BatchTimeout),
            "The execution was cancelled. If the function needs longer for a batch, raise the limit, or let it send an empty batch from time to time."),
        StreamSilence.Consumer => Idle(options.IdleStreamTimeout, "the consumer has not asked for a result", "Read the results, or dispose their enumerator.", isTransient: false),
        StreamSilence.Input => Idle(options.IdleStreamTimeout, "the caller's input has yielded no batch, and the worker has answered all that it was given", "End the input when there is no more.", isTransient: false),
        StreamSilence.Worker => Idle(options.IdleStreamTimeout, "the worker neither takes nor answers a batch", "See what the function does.", isTransient: true),
        _ => throw new ArgumentOutOfRangeException(nameof(silence), silence, "Unknown silence."),
    };

    /// <summary>The worker did not confirm a cancellation in time.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="failure">What the execution was cancelled for, if it has failed.</param>
    internal WorkerTimeoutException NotConfirmed(TimeSpan limit, Exception? failure) => TooSlow(
        "confirm the cancellation of an execution",
        limit,
        nameof(WorkerSessionOptions.CancelTimeout),
        $"The function does not look at its cancellation, so its worker is not used again: this host ends it when the session is closed.{(failure is null ? "" : $" The execution was cancelled because it had failed: {failure.Message}")}",
        failure);

    private WorkerTimeoutException Idle(TimeSpan limit, string reason, string remedy, bool isTransient) => Timeout(
        $"No batch passed between the caller and {Worker} at {endpoint.Address} in either direction for {limit.TotalSeconds:0.###} s ({nameof(WorkerSessionOptions)}.{nameof(WorkerSessionOptions.IdleStreamTimeout)}): {reason}. The execution was cancelled. {remedy} If the pause is meant, raise the limit.",
        limit,
        $"{nameof(WorkerSessionOptions)}.{nameof(WorkerSessionOptions.IdleStreamTimeout)}",
        cause: null,
        isTransient);

    private static string Capitalised(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Name(WorkerExecutionPhase phase) => phase switch
    {
        WorkerExecutionPhase.Init => "init",
        WorkerExecutionPhase.Data => "a batch",
        WorkerExecutionPhase.Finish => "its finish callback",
        WorkerExecutionPhase.Cancel => "its cancel callback",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "Unknown phase."),
    };

    private static WorkerExecutionMetrics? Metrics(ExecutionMetrics? metrics) => metrics is null
        ? null
        : new WorkerExecutionMetrics
        {
            BytesIn = metrics.HasBytesIn ? metrics.BytesIn : null,
            BytesOut = metrics.HasBytesOut ? metrics.BytesOut : null,
            RowsIn = metrics.HasRowsIn ? metrics.RowsIn : null,
            RowsOut = metrics.HasRowsOut ? metrics.RowsOut : null,
            BatchesIn = metrics.HasBatchesIn ? metrics.BatchesIn : null,
            BatchesOut = metrics.HasBatchesOut ? metrics.BatchesOut : null,
            InitTime = metrics.HasInitWallNanos ? Nanoseconds(metrics.InitWallNanos) : null,
            ProcessingTime = metrics.HasProcessingWallNanos ? Nanoseconds(metrics.ProcessingWallNanos) : null,
            ReceiveTime = metrics.HasReceiveWallNanos ? Nanoseconds(metrics.ReceiveWallNanos) : null,
            SendTime = metrics.HasSendWallNanos ? Nanoseconds(metrics.SendWallNanos) : null,
            WorkTime = metrics.HasWorkWallNanos ? Nanoseconds(metrics.WorkWallNanos) : null,
            WorkCpuTime = metrics.HasWorkCpuNanos ? Nanoseconds(metrics.WorkCpuNanos) : null,
        };

    // A worker may send any number; what does not fit a TimeSpan is as long as it gets.
    private static TimeSpan Nanoseconds(ulong nanoseconds) => TimeSpan.FromTicks((long)Math.Min(nanoseconds / TimeSpan.NanosecondsPerTick, long.MaxValue));
}
