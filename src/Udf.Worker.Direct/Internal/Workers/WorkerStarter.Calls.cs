namespace Udf.Worker.Direct.Internal;

// What comes before the process: the address and the launcher, which have as long as the worker has to become ready, so that none of them holds a place of the pool for ever.
internal sealed partial class WorkerStarter
{
    private async Task<string> AllocateAsync(string workerId, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeouts.Initialization.Value, _context.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _calls.RunApartAsync(
                "AllocateAddressAsync",
                token => _hooks.AllocateAddress(workerId, token),
                address => _guard.RunAsync($"clean up the address of worker '{workerId}'", () => _hooks.CleanUpAddress(address), GuardedStep.TransportLimit),
                linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TooSlow("The transport has chosen no address for", workerId, exception);
        }
    }

    private async Task<RunningProcess> StartProcessAsync(ProcessLaunch launch, string name, IProcessOutputSink output, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeouts.Initialization.Value, _context.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _calls.RunApartAsync(
                $"The launcher {_context.Settings.Launcher.GetType().Name}",
                token => RunningProcess.StartAsync(launch, name, _context, output, token),
                static async process =>
                {
                    await process.EndAsync(NotReadyReason, TimeSpan.Zero).ConfigureAwait(false);
                    await process.DisposeAsync().ConfigureAwait(false);
                },
                linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TooSlow($"The launcher {_context.Settings.Launcher.GetType().Name} ({nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.Launcher)}) has not started", launch.WorkerId!, exception);
        }
    }

    private WorkerTimeoutException TooSlow(string what, string workerId, Exception cause) =>
        new($"{what} worker '{workerId}' within {_timeouts.Initialization}.", _timeouts.Initialization.Value, _timeouts.Initialization.Setting, cause) { WorkerId = workerId };
}
