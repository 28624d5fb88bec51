using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

// A worker whose request loop is stuck.
internal sealed partial class LocalWorker
{
    private const string HeartbeatSettings =
        $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.HeartbeatMisses)}, {nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.HeartbeatInterval)}";

    // Guarded by _gate.
    private bool _isStuck;

    private bool IsStuck
    {
        get
        {
            lock (_gate)
            {
                return _isStuck;
            }
        }
    }

    private string Missed => _settings.HeartbeatMisses == 1
        ? $"a heartbeat within {Text.Milliseconds(_settings.HeartbeatInterval)}"
        : $"{_settings.HeartbeatMisses} heartbeats in a row, one every {Text.Milliseconds(_settings.HeartbeatInterval)}";

    private async ValueTask<WorkerTimeoutException> ExplainStuckAsync(ProcessEnd? end, WorkerException failure)
    {
        string? tail = await _process.ReadTailAsync().ConfigureAwait(false);
        string ended = end is null ? "is being ended by this host" : end.Exit.ToString();
        return new WorkerTimeoutException(
            $"Worker '{Id}' (pid {ProcessId}) at {Endpoint.Address} did not answer {Missed} ({HeartbeatSettings}): its request loop is stuck, and it {ended}. If its functions keep it from answering, its specification must not say that manage is independent; if the machine is only busy, raise one of the two.{Text.KeptOutput(_process.KeepOutput())}{Text.LastLines(tail)}",
            _settings.HeartbeatInterval * _settings.HeartbeatMisses,
            HeartbeatSettings,
            failure)
        {
            Exit = end?.Exit,
            WorkerId = Id,
            ProcessId = ProcessId,
            Endpoint = Endpoint.Address,
            OutputTail = tail,
        };
    }

    private void OnStuck()
    {
        lock (_gate)
        {
            if (_termination is not null || _process.Ended.IsCompleted)
            {
                return;
            }

            // Before the connection is closed by the end, so that every session on it hears of this. To ask it to end would be in vain.
            _isStuck = true;
            _termination = Detached.Run(() =>
            {
                _process.KeepOutput(); // Before the end, with which the record goes.
                return TerminateOnceAsync($"it did not answer {Missed}", isIdle: false);
            });
        }

        Log.Stuck(_logger, Id, ProcessId, Missed, HeartbeatSettings);
    }

    private static partial class Log
    {
        [LoggerMessage(108, LogLevel.Warning, "Worker '{WorkerId}' (pid {ProcessId}) did not answer {Missed} ({Settings}): its request loop is stuck, and it is ended.", EventName = "WorkerStuck")]
        public static partial void Stuck(ILogger logger, string workerId, int processId, string missed, string settings);
    }
}
