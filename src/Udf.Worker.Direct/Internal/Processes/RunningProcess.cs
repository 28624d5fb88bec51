using System.ComponentModel;
using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// One process that this library has started, from its start until it has been reaped: its output, how it ended, and the way to end it. Used for workers and for callables alike.
/// </summary>
internal sealed partial class RunningProcess : IAsyncDisposable
{
    private const int UnknownExitCode = -1;

    private readonly LaunchedProcess _process;
    private readonly DirectWorkerSettings _settings;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly string? _workerId;
    private readonly IProcessOutputSink _sink;
    private readonly long _started;
    private readonly CancellationTokenSource _exitToken = new();
    private readonly TaskCompletionSource<ProcessEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _endReason;
    private int _isOutputKept;

    private RunningProcess(LaunchedProcess process, string name, string? workerId, ProcessContext context, IProcessOutputSink sink)
    {
        // The launcher's own code, which may throw: asked once, while the process can still be given up.
        ProcessId = process.ProcessId;
        _process = process;
        _name = name;
        _workerId = workerId;
        _sink = sink;
        _settings = context.Settings;
        _timeProvider = context.TimeProvider;
        _logger = context.Logger;
        _started = _timeProvider.GetTimestamp();
        Output = new ProcessOutput(process.StandardOutput, process.StandardError, _settings, sink);
        _ = WatchAsync();
    }

    /// <summary>The process id. It may belong to another process once <see cref="Ended"/> has completed.</summary>
    public int ProcessId { get; }

    /// <summary>What the process writes.</summary>
    public ProcessOutput Output { get; }

    /// <summary>Falls when the process has ended, after <see cref="Ended"/> has completed.</summary>
    public CancellationToken ExitToken => _exitToken.Token;

    /// <summary>Completes when the process has ended. Never fails.</summary>
    public Task<ProcessEnd> Ended => _ended.Task;

    /// <summary>Starts a process.</summary>
    /// <param name="launch">What to start.</param>
    /// <param name="name">The process in words, for logs: <c>worker '…'</c>.</param>
    /// <param name="context">What all processes of a dispatcher share.</param>
    /// <param name="sink">Where its output goes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="Win32Exception">The system refused.</exception>
    public static async ValueTask<RunningProcess> StartAsync(ProcessLaunch launch, string name, ProcessContext context, IProcessOutputSink sink, CancellationToken cancellationToken)
    {
        if (launch.WorkerId is not null)
        {
            EscapeeSweep.Instance.Add(launch.WorkerId);
        }

        LaunchedProcess? process = null;
        try
        {
            process = await context.Settings.Launcher.LaunchAsync(launch.Complete(context.Settings), cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The launcher returned no process.");
            return Detached.Invoke(() => new RunningProcess(process, name, launch.WorkerId, context, sink));
        }
        catch
        {
            if (launch.WorkerId is not null)
            {
                EscapeeSweep.Instance.Remove(launch.WorkerId);
            }

            sink.Close();
            Abandon(process, name, context);
            throw;
        }
        finally
        {
            while (LaunchNotices.TryTake(out string notice))
            {
                Log.LaunchNotice(context.Logger, notice);
            }
        }
    }

    /// <summary>Waits, for a short bounded time after the end of the process, until its last lines have been read.</summary>
    /// <returns>The last lines, or <see langword="null"/> if there are none.</returns>
    public async ValueTask<string?> ReadTailAsync()
    {
        await CompletedWithin(Output.Drained, _settings.OutputDrainTimeout).ConfigureAwait(false);
        return Output.Tail;
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>Whether the process has ended within the limit.</returns>
    public ValueTask<bool> EndedWithin(TimeSpan limit) => CompletedWithin(Ended, limit);

    /// <summary>Keeps the whole output of the process, if it is being recorded, because the process has failed.</summary>
    /// <returns>Where it is, or <see langword="null"/> if it is not recorded or there is none.</returns>
    public string? KeepOutput()
    {
        string? path = _sink.Keep();
        if (path is not null && Interlocked.Exchange(ref _isOutputKept, 1) == 0)
        {
            Log.OutputKept(_logger, _name, ProcessId, path);
        }

        return path;
    }

    /// <summary>Whether this library has begun to end the process.</summary>
    public bool IsEnding => Volatile.Read(ref _endReason) is not null;

    /// <summary>Says why this library ends the process; the first reason stays. From now on an end is this library's doing.</summary>
    public void MarkEnding(string reason) => Interlocked.CompareExchange(ref _endReason, reason, null);

    /// <summary>Asks the process to end, kills it if it does not, and waits until it is reaped, each within its limit. Never fails.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="gracefulTimeout">How long to wait before the kill; zero to kill at once.</param>
    /// <param name="voluntaryTimeout">How long to wait before the signal, for a process that has agreed to end.</param>
    public async ValueTask EndAsync(string reason, TimeSpan gracefulTimeout, TimeSpan voluntaryTimeout = default)
    {
        MarkEnding(reason);
        Try("close its input", static process => process.CloseInput());
        if (voluntaryTimeout > TimeSpan.Zero && await EndedWithin(voluntaryTimeout).ConfigureAwait(false))
        {
            return;
        }

        if (gracefulTimeout > TimeSpan.Zero && TryTerminate())
        {
            if (await EndedWithin(gracefulTimeout).ConfigureAwait(false))
            {
                return;
            }

            Log.DidNotEndInTime(_logger, _name, ProcessId, gracefulTimeout.TotalMilliseconds);
        }

        Try("kill it", static process => process.Kill());
        if (!await EndedWithin(_settings.KillTimeout).ConfigureAwait(false))
        {
            Log.NotReaped(_logger, _name, ProcessId, _settings.KillTimeout.TotalMilliseconds);
        }
    }

    /// <summary>Reads what is left of the output, for a short bounded time, and lets go of the process. It has ended before, or is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await ReadTailAsync().ConfigureAwait(false);
        Output.Dispose();
        Try("let go of it", static process => process.Dispose());
        _sink.Close();
    }

    // A process that runs and cannot be watched, because it does not hand out its streams, or its number.
    private static void Abandon(LaunchedProcess? process, string name, ProcessContext context)
    {
        if (process is not null)
        {
            Try(process, processId: null, name, context.Logger, "kill it", static process => process.Kill());
            Try(process, processId: null, name, context.Logger, "let go of it", static process => process.Dispose());
        }
    }

    private bool TryTerminate()
    {
        bool wasAsked = false;
        Try("ask it to end", process => wasAsked = process.TryTerminate());
        return wasAsked;
    }

    private void Try(string what, Action<LaunchedProcess> step) => Try(_process, ProcessId, _name, _logger, what, step);

    // A launcher's process may throw whatever it likes; the next step comes all the same, or a worker would outlive its end.
    private static void Try(LaunchedProcess process, int? processId, string name, ILogger logger, string what, Action<LaunchedProcess> step)
    {
        try
        {
            step(process);
        }
        catch (Exception exception)
        {
            Log.StepFailed(logger, exception, name, processId, what);
        }
    }

    private async Task WatchAsync()
    {
        int exitCode;
        try
        {
            exitCode = await _process.Exited.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A launcher's process that cannot say how it ended has ended all the same: nothing may wait for it for ever.
            Log.ExitUnknown(_logger, exception, _name, ProcessId);
            exitCode = UnknownExitCode;
        }

        if (_workerId is not null)
        {
            EscapeeSweep.Instance.Remove(_workerId);
        }

        string? reason = Volatile.Read(ref _endReason);
        string? signal = ProcessSignals.NameOfExit(exitCode);
        var exit = new WorkerExit(signal is null ? exitCode : null, signal, reason is not null, reason);
        _ended.SetResult(new ProcessEnd(exit, _timeProvider.GetElapsedTime(_started)));
        try
        {
            await _exitToken.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException exception)
        {
            Log.ExitCallbackFailed(_logger, exception, _name, ProcessId);
        }
    }

    private async ValueTask<bool> CompletedWithin(Task task, TimeSpan limit)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        try
        {
            await task.WaitAsync(limit, _timeProvider).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return task.IsCompleted;
        }
    }
}
