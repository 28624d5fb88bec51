using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>Passes what a process writes to the log, line by line, as it comes.</summary>
internal sealed partial class LoggedOutput(ILogger logger, string source) : IProcessOutputSink
{
    /// <summary>The category under which output is logged.</summary>
    public const string Category = "Udf.Worker.Output";

    public void Write(string line, bool isError)
    {
        if (isError)
        {
            Log.StandardError(logger, source, line);
        }
        else
        {
            Log.StandardOutput(logger, source, line);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information, "[{Source}] {Line}", EventName = "StandardOutput")]
        public static partial void StandardOutput(ILogger logger, string source, string line);

        [LoggerMessage(121, LogLevel.Information, "[{Source} stderr] {Line}", EventName = "StandardError")]
        public static partial void StandardError(ILogger logger, string source, string line);
    }
}
