using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

internal sealed partial class WorkerEnvironmentPreparation
{
    private static partial class Log
    {
        [LoggerMessage(135, LogLevel.Warning, "Attempt {Attempt} of {AttemptCount} to prepare the environment of the worker failed, and the next one is made after {DelayMs} ms. {Reason}", EventName = "EnvironmentRetried")]
        public static partial void Retried(ILogger logger, int attempt, int attemptCount, double delayMs, string reason);
    }
}
