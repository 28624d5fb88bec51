using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>What a pool writes to the log.</summary>
internal sealed partial class PoolEvents(ILogger logger)
{
    public void StartFailed(Exception exception) => Log.StartFailed(logger, exception.Message);

    public void Abandoned(string workerId, int processId, string? executionId) => Log.Abandoned(logger, executionId, workerId, processId);

    public void Unfit(string workerId, int processId, string fault) => Log.Unfit(logger, workerId, processId, fault);

    public void TooMuchMemory(string workerId, int processId, long bytes, long limit) => Log.TooMuchMemory(logger, workerId, processId, bytes, limit);

    public void Poisoned(PayloadIdentity payload, int deaths, double windowSeconds) => Log.Poisoned(logger, payload, deaths, windowSeconds);

    public void OneSessionOnly(int sessions) => Log.OneSessionOnly(logger, sessions);

    public void Broken(Exception exception) => Log.Broken(logger, exception);

    private static partial class Log
    {
        [LoggerMessage(170, LogLevel.Warning, "A worker could not be started, and nobody waits for it who would be told: {Failure}", EventName = "PoolStartFailed")]
        public static partial void StartFailed(ILogger logger, string failure);

        [LoggerMessage(171, LogLevel.Warning, "The session of execution {ExecutionId} was never closed: its worker '{WorkerId}' (pid {ProcessId}) was held until the garbage collector found it, and is ended. Close or dispose every session.", EventName = "SessionAbandoned")]
        public static partial void Abandoned(ILogger logger, string? executionId, string workerId, int processId);

        [LoggerMessage(172, LogLevel.Warning, "Worker '{WorkerId}' (pid {ProcessId}) is not used again: {Fault}.", EventName = "WorkerUnfit")]
        public static partial void Unfit(ILogger logger, string workerId, int processId, string fault);

        [LoggerMessage(173, LogLevel.Debug, "Worker '{WorkerId}' (pid {ProcessId}) is not used again: it holds {Bytes} bytes of memory, and may {Limit} (WorkerPoolOptions.MaxResidentBytes).", EventName = "WorkerTooLarge")]
        public static partial void TooMuchMemory(ILogger logger, string workerId, int processId, long bytes, long limit);

        [LoggerMessage(174, LogLevel.Warning, "Payload {Payload} has killed {Deaths} workers: it is refused for {WindowSeconds} s (WorkerPoolOptions.PoisonThreshold, WorkerPoolOptions.PoisonWindow).", EventName = "PayloadPoisoned")]
        public static partial void Poisoned(ILogger logger, PayloadIdentity payload, int deaths, double windowSeconds);

        [LoggerMessage(175, LogLevel.Warning, "WorkerPoolOptions.SessionsPerWorker is {Sessions}, but each worker serves one session at a time: its specification does not say that it supports reuse and concurrent UDFs.", EventName = "OneSessionOnly")]
        public static partial void OneSessionOnly(ILogger logger, int sessions);

        [LoggerMessage(176, LogLevel.Error, "The life of a pooled worker ended in an error of this library; its place may be lost.", EventName = "PoolBroken")]
        public static partial void Broken(ILogger logger, Exception exception);
    }
}
