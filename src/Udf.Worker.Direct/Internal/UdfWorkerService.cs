using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Udf.Worker.Direct.Internal;

/// <summary>Fills the pools of the named workers when the host starts, and drains all pools when it stops. A worker that cannot be started does not keep the host from starting.</summary>
internal sealed partial class UdfWorkerService(
    WorkerDispatcherProvider provider,
    IEnumerable<NamedWorker> workers,
    IEnumerable<NamedWorkerOptions> withOptions,
    IOptionsMonitor<DirectWorkerOptions> options,
    ILoggerFactory? loggerFactory = null) : IHostedService
{
    private readonly ILogger _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<UdfWorkerService>();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        HashSet<string> own = [.. withOptions.Select(static known => known.Name)];
        return Task.WhenAll(
            from worker in workers
            let minimum = options.Get(own.Contains(worker.Name) ? worker.Name : Options.DefaultName).Pool.MinIdleWorkers
            where minimum > 0
            select WarmUpAsync(worker.Name, minimum, cancellationToken));
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(provider.Dispatchers.OfType<DirectWorkerDispatcher>().Select(dispatcher => DrainAsync(dispatcher, cancellationToken)));

    private async Task WarmUpAsync(string name, int count, CancellationToken cancellationToken)
    {
        try
        {
            if (provider.GetDispatcher(name) is DirectWorkerDispatcher dispatcher)
            {
                await dispatcher.WarmUpAsync(count, scope: null, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (WorkerException exception)
        {
            // The pool tries again by itself, and its callers are told.
            Log.NotWarm(_logger, exception, name);
        }
    }

    private async Task DrainAsync(DirectWorkerDispatcher dispatcher, CancellationToken cancellationToken)
    {
        try
        {
            await dispatcher.DrainAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host waits no longer. The container disposes the provider, which ends what still runs.
            Log.NotDrained(_logger, dispatcher.GetType().Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(162, LogLevel.Warning, "The pool of worker '{Name}' could not be filled when the host started; that is tried again.", EventName = "NotWarm")]
        public static partial void NotWarm(ILogger logger, Exception exception, string name);

        [LoggerMessage(163, LogLevel.Warning, "Sessions of a {Dispatcher} still ran when the host's time to stop was over; they are ended.", EventName = "NotDrained")]
        public static partial void NotDrained(ILogger logger, string dispatcher);
    }
}
