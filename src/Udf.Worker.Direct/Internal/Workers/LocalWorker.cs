using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>One worker that is ready: its process, its address and the connection to it, ended together and once.</summary>
internal sealed partial class LocalWorker
{
    private readonly RunningProcess _process;
    private readonly WatchedOutput _output;
    private readonly DirectWorkerSettings _settings;
    private readonly EffectiveTimeout _gracefulTimeout;
    private readonly Func<string, ValueTask> _cleanUpAddress;
    private readonly GuardedStep _guard;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private WorkerRetireReason? _retireReason;
    private Task? _termination;

    public LocalWorker(
        RunningProcess process,
        WatchedOutput output,
        WorkerEndpoint endpoint,
        WorkerConnection connection,
        EffectiveTimeout gracefulTimeout,
        Func<string, ValueTask> cleanUpAddress,
        bool isManageIndependent,
        ProcessContext context)
    {
        _process = process;
        _output = output;
        _settings = context.Settings;
        _gracefulTimeout = gracefulTimeout;
        _cleanUpAddress = cleanUpAddress;
        _logger = context.Logger;
        _timeProvider = context.TimeProvider;
        _guard = new GuardedStep(context.Logger, context.TimeProvider);
        Endpoint = endpoint;
        Connection = connection;
        Heartbeats = new HeartbeatMonitor(connection, _settings, isManageIndependent, _timeProvider, OnStuck);
    }

    /// <summary>Where the worker is reached, and who it is.</summary>
    public WorkerEndpoint Endpoint { get; }

    /// <summary>The way to the worker.</summary>
    public WorkerConnection Connection { get; }

    /// <summary>Whether the worker still answers. Told of each session that begins and ends on it.</summary>
    public HeartbeatMonitor Heartbeats { get; }

    /// <summary>The id of the worker.</summary>
    public string Id => Endpoint.WorkerId;

    /// <summary>The process id.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>Falls when the process has ended.</summary>
    public CancellationToken ExitToken => _process.ExitToken;

    /// <summary>Whether the process has ended or the connection to it is lost.</summary>
    public bool IsLost => Connection.Lost.IsCancellationRequested || _process.Ended.IsCompleted;

    /// <summary>The line of its output that says that it can no longer be trusted; <see langword="null"/> if there was none.</summary>
    public string? FatalLine => _output.FatalLine;

    /// <summary>Gives the process a short time to end by itself, unless this library ends it already.</summary>
    public async ValueTask EndsByItselfAsync()
    {
        if (!_process.IsEnding)
        {
            await _process.EndedWithin(_settings.ExitNoticeTimeout).ConfigureAwait(false);
        }
    }

    /// <summary>Says that the worker was lost before it had served anybody.</summary>
    public WorkerException DescribeLoss() => Connection.LostReason
        ?? new WorkerConnectionException($"Worker '{Id}' (pid {ProcessId}) at {Endpoint.Address} ended soon after it was ready.") { WorkerId = Id, ProcessId = ProcessId, Endpoint = Endpoint.Address };

    /// <summary>
    /// Ends the worker: a request over its connection, the end of the connection and of its standard input, SIGTERM, SIGKILL, each with its own bound; then nothing is left of it.
    /// Every caller gets the same end. Never fails.
    /// </summary>
    /// <param name="reason">Why; the first caller's stays.</param>
    /// <param name="isIdle">Whether it is between two sessions and in good health: then it is asked over its connection first.</param>
    /// <param name="retireReason">Why the pool has no use for it any more, if it is the pool that ends it. The first stays: it decides what sessions are told that run on it.</param>
    public Task TerminateAsync(string reason, bool isIdle, WorkerRetireReason? retireReason = null)
    {
        lock (_gate)
        {
            _retireReason ??= retireReason;
            return _termination ??= Detached.Run(() => TerminateOnceAsync(reason, isIdle));
        }
    }

    /// <summary>Says that a session on the worker has failed: its recorded output is kept, unless it is this library that ends the worker.</summary>
    public void MarkFailed()
    {
        if (!_process.IsEnding)
        {
            _process.KeepOutput();
        }
    }

    /// <summary>Says how the worker ended, if it has or does so within a short time; otherwise returns the failure. A worker that does not answer its heartbeats is explained as such in any case.</summary>
    /// <param name="failure">What the transport saw.</param>
    public async ValueTask<WorkerException> ExplainAsync(WorkerException failure)
    {
        bool hasEnded = await _process.EndedWithin(_settings.ExitNoticeTimeout).ConfigureAwait(false);
        ProcessEnd? end = hasEnded ? await _process.Ended.ConfigureAwait(false) : null;
        if (IsStuck && end is not { Exit.EndedByHost: false })
        {
            return await ExplainStuckAsync(end, failure).ConfigureAwait(false);
        }

        // One that was ended here only because its connection was lost had not ended by itself: the loss is what happened.
        bool wasLost = end is { Exit.EndedByHost: true } && RetireReason == WorkerRetireReason.Died;
        return end is null || wasLost ? failure : await ExplainEndAsync(end, failure).ConfigureAwait(false);
    }

    private async ValueTask<WorkerExitedException> ExplainEndAsync(ProcessEnd end, WorkerException failure)
    {
        string? tail = await _process.ReadTailAsync().ConfigureAwait(false);
        string? kept = end.Exit.EndedByHost ? null : _process.KeepOutput();
        string uptime = end.Uptime.TotalSeconds.ToString("0.0##", CultureInfo.InvariantCulture);
        return new WorkerExitedException(
            $"Worker '{Id}' (pid {ProcessId}) at {Endpoint.Address} {end.Exit}, {uptime} s after its start, while a session was running on it.{LimitSuspicion.Describe(end.Exit, _settings.Limits)}{Text.KeptOutput(kept)}{Text.LastLines(tail)}",
            end.Exit,
            failure,
            isTransient: !end.Exit.EndedByHost || RetireReason is not (WorkerRetireReason.Closed or WorkerRetireReason.Drained))
        {
            WorkerId = Id,
            ProcessId = ProcessId,
            Endpoint = Endpoint.Address,
            OutputTail = tail,
        };
    }

    private WorkerRetireReason? RetireReason
    {
        get
        {
            lock (_gate)
            {
                return _retireReason;
            }
        }
    }

    private async Task TerminateOnceAsync(string reason, bool isIdle)
    {
        Heartbeats.Dispose();
        _process.MarkEnding(reason);

        // One grace period for all that asks: half of it for the request and what follows from it, the rest for the signal.
        TimeSpan grace = _gracefulTimeout.Value;
        TimeSpan half = grace / 2;
        long begun = _timeProvider.GetTimestamp();
        bool wasAsked = isIdle && CanBeAsked;
        bool hasAgreed = wasAsked && await RequestShutdownAsync(reason, half).ConfigureAwait(false);

        // A worker of ours ends when its connection or its standard input does; most have gone before a signal comes.
        await _guard.RunAsync($"close the connection to worker '{Id}'", Connection.DisposeAsync, GuardedStep.TransportLimit).ConfigureAwait(false);
        TimeSpan rest = half - _timeProvider.GetElapsedTime(begun);
        await _process.EndAsync(reason, wasAsked ? half : grace, hasAgreed && rest > TimeSpan.Zero ? rest : TimeSpan.Zero).ConfigureAwait(false);
        if (_process.Ended.IsCompletedSuccessfully)
        {
            ProcessEnd end = await _process.Ended.ConfigureAwait(false);
            Log.Ended(_logger, Id, ProcessId, end.Exit, end.Uptime.TotalMilliseconds);
        }

        await _guard.RunAsync($"clean up the address of worker '{Id}'", () => _cleanUpAddress(Endpoint.Address), GuardedStep.TransportLimit).ConfigureAwait(false);
        await _process.DisposeAsync().ConfigureAwait(false);
    }

    private bool CanBeAsked =>
        (Connection.Features & WorkerConnectionFeatures.Shutdown) != 0 && !Connection.Lost.IsCancellationRequested && !_process.Ended.IsCompleted;

    // Returns whether the worker has said that it ends.
    private async ValueTask<bool> RequestShutdownAsync(string reason, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _process.ExitToken);
        try
        {
            // Whatever still runs on it belongs to a session that has ended here.
            await Connection.RequestShutdownAsync(reason, cancelSessions: true, linked.Token).AsTask().WaitAsync(linked.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            if (!_process.Ended.IsCompleted)
            {
                Log.ShutdownNotAnswered(_logger, exception, Id, ProcessId, limit.TotalMilliseconds);
            }

            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(106, LogLevel.Debug, "Worker '{WorkerId}' (pid {ProcessId}) did not agree to end within {LimitMs} ms; it gets a signal.", EventName = "ShutdownNotAnswered")]
        public static partial void ShutdownNotAnswered(ILogger logger, Exception exception, string workerId, int processId, double limitMs);

        [LoggerMessage(104, LogLevel.Information, "Worker '{WorkerId}' (pid {ProcessId}) {Exit}, {UptimeMs} ms after its start.", EventName = "WorkerEnded")]
        public static partial void Ended(ILogger logger, string workerId, int processId, WorkerExit exit, double uptimeMs);
    }
}
