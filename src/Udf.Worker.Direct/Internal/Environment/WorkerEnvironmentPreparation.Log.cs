using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

internal sealed partial class WorkerEnvironmentPreparation
{
    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Debug, "The environment of the worker was verified.", EventName = "EnvironmentVerified")]
        public static partial void Verified(ILogger logger);

        [LoggerMessage(131, LogLevel.Debug, "The environment of the worker was not verified and is installed. {Reason}", EventName = "EnvironmentNotVerified")]
        public static partial void NotVerified(ILogger logger, string reason);

        [LoggerMessage(132, LogLevel.Information, "The environment of the worker was installed.", EventName = "EnvironmentInstalled")]
        public static partial void Installed(ILogger logger);

        [LoggerMessage(133, LogLevel.Warning, "{Reason} What the worker's environment left behind stays where it is.", EventName = "EnvironmentCleanupFailed")]
        public static partial void CleanupFailed(ILogger logger, string reason);
    }
}
