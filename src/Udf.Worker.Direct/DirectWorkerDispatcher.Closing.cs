using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

// The end, in stages. Each has its bound and is guarded, so that the next one is reached whatever it does.
public abstract partial class DirectWorkerDispatcher
{
    /// <summary>
    /// Closes the dispatcher: no new sessions; those being created fail; all workers end at the same time, and with them the sessions that still run;
    /// then the transport is closed, and the environment cleaned up if it was ever asked for. Idempotent; every caller waits for the same end. Never fails: what goes wrong is logged.
    /// </summary>
    /// <remarks>
    /// <para>Returns within <see cref="DirectWorkerOptions.GracefulTerminationTimeout"/> (or what the specification says), <see cref="DirectWorkerOptions.KillTimeout"/> and
    /// <see cref="DirectWorkerOptions.OutputDrainTimeout"/>, which all workers share, whatever they and their sessions are doing. An environment with a cleanup adds
    /// <see cref="DirectWorkerOptions.EnvironmentLockTimeout"/>, <see cref="DirectWorkerOptions.CallableTimeout"/> and <see cref="DirectWorkerOptions.KillTimeout"/>.
    /// What does not keep to its contract is not waited for without end either: 5 s for each step of the transport that hangs and for the look for what workers have left behind, and
    /// <see cref="DirectWorkerOptions.InitializationTimeout"/> for hooks that do not listen to their token.</para>
    /// <para>A session that is closed takes <see cref="WorkerSessionOptions.CancelTimeout"/> for the worker's last word, <see cref="DirectWorkerOptions.ExitNoticeTimeout"/> and
    /// <see cref="DirectWorkerOptions.OutputDrainTimeout"/> to say how a worker ended, and then as long as the end of its worker: the first three limits above.</para>
    /// </remarks>
    public sealed override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) == 0)
        {
            try
            {
                await CloseOnceAsync().ConfigureAwait(false);
            }
            finally
            {
                ExitCoordinator.Instance.Remove(_exit);
                _closed.TrySetResult();
            }
        }

        await _closed.Task.ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected sealed override void Dispose(bool disposing)
    {
        if (disposing && !_closed.Task.IsCompleted)
        {
            // On the pool, away from the caller's synchronization context: nothing in there waits for the thread that is blocked here.
            Task closing = Task.Run(async () => await DisposeAsync().ConfigureAwait(false));
#pragma warning disable RS0030 // The synchronous end.
            closing.GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
    }

    private Task EndForExitAsync()
    {
        Log.HostExits(_logger);
        return DisposeAsync().AsTask();
    }

    private async Task CloseOnceAsync()
    {
        var guard = new GuardedStep(_logger, TimeProvider);

        // New ones are kept out before those under way are told, so that none slips between.
        Task underWay = _operations.Close();
        await guard.RunAsync("tell the sessions being created of the close", () => new ValueTask(_closing.CancelAsync()), GuardedStep.TransportLimit).ConfigureAwait(false);
        await Task.WhenAll(_pool.Close(), WaitFor(underWay, guard)).ConfigureAwait(false);
        if (Volatile.Read(ref _wasUsed) != 0)
        {
            await guard.RunAsync("look for what workers have left behind", () => new ValueTask(EscapeeSweep.Instance.SweepAsync()), GuardedStep.TransportLimit).ConfigureAwait(false);
        }

        await guard.RunAsync("close the transport", CloseTransportAsync, GuardedStep.TransportLimit).ConfigureAwait(false);

        // A callable is bounded by an option of its own, and so is the wait for its lock; what is added is for its kill.
        TimeSpan limit = _context.Settings.EnvironmentLockTimeout + _context.Settings.CallableTimeout + _context.Settings.KillTimeout + GuardedStep.TransportLimit;
        await guard.RunAsync("clean up the environment", _environment.CleanUpAsync, limit).ConfigureAwait(false);
        Log.DispatcherClosed(_logger);
    }

    // What a start may take that does not listen to its token, until its process is gone.
    private TimeSpan StartLimit => _timeouts.Initialization.Value + _timeouts.GracefulTermination.Value + _context.Settings.KillTimeout;

    // They end at once unless a hook does not listen to its token. Such a hook is given up when its limit has passed; what it returns later is let go of then.
    private Task WaitFor(Task underWay, GuardedStep guard)
    {
        return guard.RunAsync("wait for the sessions being created", () => new ValueTask(underWay), StartLimit).AsTask();
    }
}
