using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Waits for the hooks of a transport and for launchers, but not for ever: one that does not listen to its token would hold a place of the pool until the dispatcher is closed. What it returns too late is
/// let go of when it comes. Thread safe.
/// </summary>
internal sealed partial class HookCalls(ILogger logger, TimeProvider timeProvider)
{
    /// <summary>Waits for a hook that was called.</summary>
    /// <param name="hook">Its name, for the log.</param>
    /// <param name="running">What it has returned.</param>
    /// <param name="letGo">What becomes of a result that comes too late.</param>
    /// <param name="cancellationToken">The token that it was given. When that has fallen, it has <see cref="GuardedStep.TransportLimit"/> to return.</param>
    /// <exception cref="HookStuckException">It has not.</exception>
    public async ValueTask<T> RunAsync<T>(string hook, ValueTask<T> running, Func<T, ValueTask> letGo, CancellationToken cancellationToken)
    {
        if (running.IsCompleted)
        {
            return await running.ConfigureAwait(false);
        }

        Task<T> task = running.AsTask();
        if (await EndsAsync(task, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false)
            || await EndsAsync(task, GuardedStep.TransportLimit, CancellationToken.None).ConfigureAwait(false))
        {
            return await task.ConfigureAwait(false);
        }

        Log.Stuck(logger, hook, GuardedStep.TransportLimit.TotalMilliseconds);
        _ = LetGoAsync(hook, task, letGo); // Throws nothing.
        throw new HookStuckException(hook, cancellationToken);
    }

    /// <summary>Calls a hook on a thread of its own right, and waits for it: it may block instead of returning.</summary>
    public ValueTask<T> RunApartAsync<T>(string hook, Func<CancellationToken, ValueTask<T>> call, Func<T, ValueTask> letGo, CancellationToken cancellationToken) =>
        RunAsync(hook, new ValueTask<T>(Detached.Run(() => call(cancellationToken).AsTask())), letGo, cancellationToken);

    private async ValueTask<bool> EndsAsync(Task task, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(limit, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The token or the limit; or the failure of the hook, which its caller throws.
        }

        return task.IsCompleted;
    }

    private async Task LetGoAsync<T>(string hook, Task<T> task, Func<T, ValueTask> letGo)
    {
        try
        {
            if (await task.ConfigureAwait(false) is { } result)
            {
                await letGo(result).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            Log.LateFailure(logger, exception, hook);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(152, LogLevel.Error, "{Hook} has not returned {LimitMs} ms after its token had fallen, and is no longer waited for: it must listen to its token.", EventName = "HookStuck")]
        public static partial void Stuck(ILogger logger, string hook, double limitMs);

        [LoggerMessage(153, LogLevel.Debug, "{Hook} failed after it was no longer waited for.", EventName = "HookFailedLate")]
        public static partial void LateFailure(ILogger logger, Exception exception, string hook);
    }
}
