using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

/// <summary>
/// The engine's way to one worker that speaks UDF frames, over whatever a <see cref="ChannelConnector"/> connects: one manage connection for as long as the worker lives,
/// and one connection for each execution that runs, kept for the next.
/// </summary>
public sealed partial class FramedWorkerConnection : WorkerConnection
{
    private readonly ChannelConnector _connect;
    private readonly FramedConnectionOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly WorkerToken? _token;
    private readonly FramedWorkerMemory _memory;
    private readonly CancellationTokenSource _lost = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManageChannel _manage;
    private readonly CancellationTokenRegistration _onExit;
    private int _disposed;

    private FramedWorkerConnection(WorkerEndpoint endpoint, ChannelConnector connect, FramedConnectionOptions options, TimeProvider timeProvider, WorkerToken? token, FramedChannel manage, long workerMaxFrameBytes, FramedWorkerMemory memory)
    {
        Endpoint = endpoint;
        _connect = connect;
        _options = options;
        _timeProvider = timeProvider;
        _token = token;
        _memory = memory;
        WorkerMaxFrameBytes = (int)Math.Min(workerMaxFrameBytes, int.MaxValue);
        _manage = new ManageChannel(manage, fault => Lose($"The manage connection to worker {Endpoint} was lost: {fault}."));
        _onExit = endpoint.ExitToken.UnsafeRegister(static state =>
        {
            var self = (FramedWorkerConnection)state!;
            self.Lose($"The process of worker {self.Endpoint} has ended.");
            self._manage.End(); // Whoever waits for an answer hears of it too, whatever holds the socket open.
        }, this);
    }

    /// <inheritdoc/>
    public override WorkerConnectionFeatures Features => WorkerConnectionFeatures.Ping | WorkerConnectionFeatures.Shutdown | WorkerConnectionFeatures.CancelExecution;

    /// <inheritdoc/>
    public override CancellationToken Lost => _lost.Token;

    /// <inheritdoc/>
    public override WorkerException? LostReason
    {
        get
        {
            lock (_gate)
            {
                return _lostMessage is { } lost ? WorkerRefusals.Lost(Endpoint, lost) : null;
            }
        }
    }

    internal WorkerEndpoint Endpoint { get; }

    /// <summary>The longest frame that the worker takes.</summary>
    internal int WorkerMaxFrameBytes { get; }

    internal FramedConnectionOptions Options => _options;

    /// <inheritdoc/>
    public override async ValueTask<WorkerSession> OpenSessionAsync(WorkerSessionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (await TryCreateStreamAsync(context.Options, cancellationToken).ConfigureAwait(false) is { } stream)
        {
            return new FramedWorkerSession(context, this, stream, isReused: false);
        }

        if (MayShareLater(context.Options))
        {
            return new FramedWorkerSession(context, this, UnchosenChannel.Instance, isReused: false);
        }

        (FramedChannel channel, bool isReused) = await RentAsync(mayReuse: true, cancellationToken).ConfigureAwait(false);
        return new FramedWorkerSession(context, this, channel, isReused);
    }

    /// <inheritdoc/>
    public override async ValueTask PingAsync(CancellationToken cancellationToken) =>
        await RequestAsync(new WorkerRequest { Heartbeat = new Heartbeat() }, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<bool> RequestShutdownAsync(string? reason, bool cancelSessions, CancellationToken cancellationToken)
    {
        var shutdown = new ShutdownRequest { CancelSessions = cancelSessions };
        if (reason is not null)
        {
            shutdown.Reason = reason;
        }

        WorkerResponse response = await RequestAsync(new WorkerRequest { Shutdown = shutdown }, cancellationToken).ConfigureAwait(false);
        return response.Shutdown.SessionsSettled;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> CancelExecutionAsync(string executionId, string? reason, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(executionId);
        var cancel = new CancelExecutionRequest { ExecutionId = executionId };
        if (reason is not null)
        {
            cancel.Reason = reason;
        }

        WorkerResponse response = await RequestAsync(new WorkerRequest { CancelExecution = cancel }, cancellationToken).ConfigureAwait(false);
        return response.CancelExecution.Found;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            try
            {
                Lose($"The connection to worker {Endpoint} was closed by this host.");
                await _onExit.DisposeAsync().ConfigureAwait(false);
                await _manage.DisposeAsync().ConfigureAwait(false);
                await CloseMultiplexedAsync().ConfigureAwait(false);
            }
            finally
            {
                _closed.SetResult();
            }
        }

        await _closed.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// Cancels an execution past its own data, without waiting for it: the answer changes nothing for who cancels. The request ends with the connection at the latest.
    /// </summary>
    internal void CancelInBackground(string executionId, string? reason)
    {
        _ = CancelAsync();

        async Task CancelAsync()
        {
            try
            {
                await CancelExecutionAsync(executionId, reason, Lost).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is WorkerException or OperationCanceledException)
            {
                // The worker is lost, and the execution with it.
            }
        }
    }

    private async ValueTask<WorkerResponse> RequestAsync(WorkerRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _manage.RequestAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw LostReason ?? WorkerRefusals.Lost(Endpoint, $"The manage connection to worker {Endpoint} failed: {exception.Message}.", exception);
        }
    }
}
