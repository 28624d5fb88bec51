using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct;

public abstract partial class DirectWorkerDispatcher
{
    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Warning, "A time limit of {Asked} was cut to {Limit}.", EventName = "TimeoutCut")]
        public static partial void TimeoutCut(ILogger logger, string asked, string limit);

        [LoggerMessage(105, LogLevel.Debug, "The dispatcher is closed: its workers have ended.", EventName = "DispatcherClosed")]
        public static partial void DispatcherClosed(ILogger logger);

        [LoggerMessage(107, LogLevel.Warning, "This process ends and the dispatcher was not disposed: it is closed now.", EventName = "HostExits")]
        public static partial void HostExits(ILogger logger);
    }
}
