using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>Runs one step of an end, so that the steps after it are done whatever it does: what it throws is logged, and it is waited for no longer than its limit.</summary>
internal sealed partial class GuardedStep(ILogger logger, TimeProvider timeProvider)
{
    /// <summary>What a transport may take to close a connection, or itself, or to clean an address up.</summary>
    public static readonly TimeSpan TransportLimit = TimeSpan.FromSeconds(5);

    /// <summary>Runs a step. Never fails.</summary>
    /// <param name="what">The step in words, to stand after "could not".</param>
    /// <param name="step">The step.</param>
    /// <param name="limit">How long it is waited for.</param>
    public async ValueTask RunAsync(string what, Func<ValueTask> step, TimeSpan limit)
    {
        try
        {
            ValueTask running = step();
            if (running.IsCompletedSuccessfully)
            {
                return;
            }

            await running.AsTask().WaitAsync(limit, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            Log.TooLong(logger, exception, what, limit.TotalMilliseconds);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, what);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(150, LogLevel.Error, "Could not {Step}; what comes after it goes on.", EventName = "StepFailed")]
        public static partial void Failed(ILogger logger, Exception exception, string step);

        [LoggerMessage(151, LogLevel.Error, "Could not {Step} within {LimitMs} ms; what comes after it goes on.", EventName = "StepTooLong")]
        public static partial void TooLong(ILogger logger, Exception exception, string step, double limitMs);
    }
}
