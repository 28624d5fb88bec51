using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

internal sealed partial class EnvironmentSteps
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

        [LoggerMessage(136, LogLevel.Warning, "The cleanup of the worker's environment was left out: another process or dispatcher was at work on the same one, and held its lock {LockFile}, for longer than {LimitMs} ms (DirectWorkerOptions.EnvironmentLockTimeout).", EventName = "EnvironmentCleanupLeftOut")]
        public static partial void CleanupLeftOut(ILogger logger, string lockFile, double limitMs);

        [LoggerMessage(137, LogLevel.Warning, "There is no lock that keeps other processes from working on the same environment at once. {Problem} Set DirectWorkerOptions.EnvironmentLockDirectory to a directory that this user owns.", EventName = "EnvironmentNotLocked")]
        public static partial void NoLock(ILogger logger, string problem);
    }
}
