using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Udf.Worker.Testing;

/// <summary>Keeps all that is logged, in order, for a test to look at. Thread safe.</summary>
public sealed class ListLoggerFactory : ILoggerFactory
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();
    private readonly ConcurrentQueue<(Func<LogEntry, bool> Match, TaskCompletionSource<LogEntry> Source)> _waiters = new();

    public IReadOnlyList<LogEntry> Entries => [.. _entries];

    public IEnumerable<LogEntry> Of(LogLevel level) => Entries.Where(entry => entry.Level == level);

    /// <summary>Ends when an entry has been logged that matches; at once if there is one.</summary>
    public Task<LogEntry> WaitForAsync(Func<LogEntry, bool> match)
    {
        ArgumentNullException.ThrowIfNull(match);
        var source = new TaskCompletionSource<LogEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Enqueue((match, source));
        if (_entries.FirstOrDefault(match) is { } entry)
        {
            source.TrySetResult(entry);
        }

        return source.Task;
    }

    public ILogger CreateLogger(string categoryName) => new ListLogger(this, categoryName);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private void Add(LogEntry entry)
    {
        _entries.Enqueue(entry);
        foreach ((Func<LogEntry, bool> match, TaskCompletionSource<LogEntry> source) in _waiters)
        {
            if (match(entry))
            {
                source.TrySetResult(entry);
            }
        }
    }

    /// <summary>One line of the log.</summary>
    public sealed record LogEntry(string Category, LogLevel Level, EventId Id, string Message, Exception? Exception);

    private sealed class ListLogger(ListLoggerFactory owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Add(new LogEntry(category, logLevel, eventId, formatter(state, exception), exception));
    }
}
