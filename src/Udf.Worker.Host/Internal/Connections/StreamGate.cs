using Microsoft.Extensions.Logging;

namespace Udf.Worker.Host.Internal;

/// <summary>The door of a worker whose connections a transport of somebody else accepts: each stream that it brings is served, and a transport that fails is the worker's end.</summary>
/// <param name="connection">Where the engine expects the worker: the value of <c>--connection</c>.</param>
/// <param name="accept">The transport.</param>
/// <param name="worker">Who judges prefaces and serves what was accepted.</param>
internal sealed partial class StreamGate(string connection, UdfConnectionAcceptor accept, WorkerCore worker) : IWorkerGate
{
    private readonly CancellationTokenSource _closing = new();

    // Neither of the two fails.
    public void Start() => _ = Task.Run(AcceptAsync);

    public void Dispose()
    {
        try
        {
            _closing.Cancel();
        }
        catch (AggregateException exception)
        {
            Log.Failed(worker.Logger, exception, connection);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            await foreach (Stream stream in accept(connection, _closing.Token).ConfigureAwait(false))
            {
                _ = ServeAsync(stream);
            }
        }
        catch (Exception) when (_closing.IsCancellationRequested)
        {
            // The worker has ended; whatever comes of the wait for a connection then.
        }
        catch (Exception exception)
        {
            // No engine can come any more, or none could from the beginning.
            Log.Failed(worker.Logger, exception, connection);
            worker.Lifetime.End(WorkerExitCodes.CannotStart, $"No further connection can be accepted at '{connection}'.");
        }
    }

    private async Task ServeAsync(Stream stream)
    {
        try
        {
            await StreamReception.ServeAsync(stream, "the engine", worker, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.NotServed(worker.Logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(413, LogLevel.Error, "Connections cannot be accepted at '{Connection}'.", EventName = "AcceptorFailed")]
        public static partial void Failed(ILogger logger, Exception exception, string connection);

        [LoggerMessage(414, LogLevel.Warning, "A stream could not be served.", EventName = "StreamNotServed")]
        public static partial void NotServed(ILogger logger, Exception exception);
    }
}
