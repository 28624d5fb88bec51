using Microsoft.Extensions.Logging;

namespace Udf.Worker.Host.Internal;

/// <summary>Log lines to standard error, which the engine keeps the last of. No configuration, no thread, no buffer: a worker that dies has said everything.</summary>
internal sealed class StandardErrorLoggerFactory : ILoggerFactory
{
    internal static StandardErrorLoggerFactory Instance { get; } = new();

    public ILogger CreateLogger(string categoryName) => new StandardErrorLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The default logger takes no providers: set UdfWorkerOptions.LoggerFactory.");

    public void Dispose()
    {
    }

    private sealed class StandardErrorLogger(string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                string line = $"{NameOf(logLevel)} {category}: {formatter(state, exception)}";
                Console.Error.WriteLine(exception is null ? line : $"{line}{Environment.NewLine}{exception}");
            }
        }

        private static string NameOf(LogLevel level) => level switch
        {
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            LogLevel.Critical => "crit",
            LogLevel.Trace or LogLevel.Debug or LogLevel.None => throw new InvalidOperationException($"Level {level} is not written."),
            _ => throw new InvalidOperationException($"Unknown level {level}."),
        };
    }
}
