using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

internal sealed partial class WorkerStarter
{
    private static partial class Log
    {
        [LoggerMessage(101, LogLevel.Information, "Worker '{WorkerId}' (pid {ProcessId}) was started, to be reached at {Address}.", EventName = "WorkerStarted")]
        public static partial void Started(ILogger logger, string workerId, int processId, string address);

        [LoggerMessage(102, LogLevel.Debug, "Worker '{WorkerId}' (pid {ProcessId}) was ready after {ElapsedMs} ms.", EventName = "WorkerReady")]
        public static partial void Ready(ILogger logger, string workerId, int processId, double elapsedMs);

        [LoggerMessage(103, LogLevel.Warning, "Worker '{WorkerId}' ended because its address {Address} was taken (attempt {Attempt} of at most {MaximumAttempts}). Another address is tried.", EventName = "AddressTaken")]
        public static partial void TryingAnotherAddress(ILogger logger, string workerId, string address, int attempt, int maximumAttempts);
    }
}
