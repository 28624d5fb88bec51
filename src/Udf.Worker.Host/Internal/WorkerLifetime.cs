using Microsoft.Extensions.Logging;

namespace Udf.Worker.Host.Internal;

/// <summary>The ways to the end of a worker. It ends once; the first reason stands.</summary>
/// <remarks>Safe from any thread.</remarks>
internal sealed partial class WorkerLifetime(ExecutionRegistry executions, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>What functions get to return once they are cancelled because the worker ends. A little less than the second that the whole end may take.</summary>
    internal static readonly TimeSpan ReturnLimit = TimeSpan.FromMilliseconds(900);

    /// <summary>How long a request to shut down that cancels waits for its answer to be yes. Every request is answered within a second.</summary>
    internal static readonly TimeSpan SettleLimit = TimeSpan.FromMilliseconds(500);

    private readonly TaskCompletionSource<WorkerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isEnding;
    private int _isShuttingDown;
    private volatile Task _settling = Task.CompletedTask;

    /// <summary>Ends when the worker has.</summary>
    internal Task<WorkerEnd> Ended => _ended.Task;

    /// <summary>Whether nothing new is to begin.</summary>
    internal bool IsShuttingDown => Volatile.Read(ref _isShuttingDown) == 1;

    /// <summary>Called once, when the end begins, with the exit code and whether it was asked for in good order; before anything waits.</summary>
    internal Action<int, bool>? OnEnding { get; set; }

    /// <summary>The engine is gone or wants the worker gone: cancels what runs, waits a moment for functions to return, and ends. Returns at once.</summary>
    internal void End(int exitCode, string reason, bool isOrderly = false)
    {
        Volatile.Write(ref _isShuttingDown, 1);
        if (Interlocked.Exchange(ref _isEnding, 1) == 1)
        {
            return;
        }

        OnEnding?.Invoke(exitCode, isOrderly);
        // A thread of its own: the pool may be full of what is to be ended.
        new Thread(() =>
        {
            executions.StopAll(ExecutionStop.End, reason);
            bool returned = Blocking.Wait(executions.Settled, ReturnLimit, timeProvider);
            _ended.TrySetResult(new WorkerEnd(exitCode, reason, returned));
        })
        {
            IsBackground = true,
            Name = "udf-end",
        }.Start();

        // Last, because it may block: whoever reads the log may be what has gone.
        if (isOrderly)
        {
            Log.Ended(logger, reason);
        }
        else
        {
            Log.Ending(logger, reason);
        }
    }

    /// <summary>Takes nothing new, and if asked cancels what runs. May block for <see cref="SettleLimit"/>.</summary>
    /// <returns>Whether nothing runs any more.</returns>
    internal bool ShutDown(string? reason, bool cancelSessions)
    {
        Volatile.Write(ref _isShuttingDown, 1);
        if (!cancelSessions)
        {
            return executions.IsSettled;
        }

        executions.StopAll(ExecutionStop.ShutDown, string.IsNullOrEmpty(reason) ? "The worker was asked to shut down." : $"The worker was asked to shut down: {reason}");
        return Blocking.Wait(executions.Settled, SettleLimit, timeProvider);
    }

    /// <summary>Ends the worker once nothing runs, or soon if what runs was cancelled. Returns at once.</summary>
    internal void EndWhenSettled(bool cancelled) => _settling = EndWhenSettledAsync(cancelled);

    private async Task EndWhenSettledAsync(bool cancelled)
    {
        if (cancelled)
        {
            EndWhatWasCancelled();
            return;
        }

        await executions.Settled.ConfigureAwait(false);
        End(exitCode: 0, "It was asked to shut down, and nothing runs any more.", isOrderly: true);
    }

    // What was cancelled gets a moment to say so to the engine: the end cuts every connection. A thread of its own, because the pool may be full of what is to be ended.
    private void EndWhatWasCancelled() =>
        new Thread(() =>
        {
            bool settled = Blocking.Wait(executions.Settled, ReturnLimit, timeProvider);
            End(exitCode: 0, "It was asked to shut down and to cancel what ran.", isOrderly: settled);
        })
        {
            IsBackground = true,
            Name = "udf-shutdown",
        }.Start();

    private static partial class Log
    {
        [LoggerMessage(403, LogLevel.Information, "The worker ends. {Reason}", EventName = "WorkerEnds")]
        public static partial void Ending(ILogger logger, string reason);

        [LoggerMessage(404, LogLevel.Debug, "The worker ends. {Reason}", EventName = "WorkerEndsInOrder")]
        public static partial void Ended(ILogger logger, string reason);
    }
}
