using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

internal sealed partial class RunningProcess
{
    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "The {Process} (pid {ProcessId}) did not end within {GraceMs} ms after SIGTERM and is killed.", EventName = "ProcessIgnoredTermination")]
        public static partial void DidNotEndInTime(ILogger logger, string process, int processId, double graceMs);

        [LoggerMessage(111, LogLevel.Error, "The {Process} (pid {ProcessId}) was killed but has not ended within {LimitMs} ms (DirectWorkerOptions.KillTimeout). It is left to the system: look for it with 'ps -o pid,stat,wchan,cmd -p {ProcessId}'.", EventName = "ProcessNotReaped")]
        public static partial void NotReaped(ILogger logger, string process, int processId, double limitMs);

        [LoggerMessage(112, LogLevel.Error, "A callback on the end of the {Process} (pid {ProcessId}) failed.", EventName = "ExitCallbackFailed")]
        public static partial void ExitCallbackFailed(ILogger logger, Exception exception, string process, int processId);

        [LoggerMessage(113, LogLevel.Warning, "{Notice}", EventName = "LaunchNotice")]
        public static partial void LaunchNotice(ILogger logger, string notice);

        [LoggerMessage(114, LogLevel.Information, "The {Process} (pid {ProcessId}) failed; its whole output is kept in {Path}.", EventName = "OutputKept")]
        public static partial void OutputKept(ILogger logger, string process, int processId, string path);

        [LoggerMessage(115, LogLevel.Error, "The launcher does not say how the {Process} (pid {ProcessId}) ended; it is taken for ended, with exit code -1.", EventName = "ExitUnknown")]
        public static partial void ExitUnknown(ILogger logger, Exception exception, string process, int processId);

        [LoggerMessage(116, LogLevel.Error, "The launcher of the {Process} (pid {ProcessId}) could not {Step}; what comes after it goes on.", EventName = "LauncherStepFailed")]
        public static partial void StepFailed(ILogger logger, Exception exception, string process, int? processId, string step);
    }
}
