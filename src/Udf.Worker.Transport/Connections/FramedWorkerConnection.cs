using System.Net.Sockets;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

/// <summary>
/// The engine's way to one worker that speaks UDF frames, over whatever a <see cref="ChannelConnector"/> connects: one manage connection for as long as the worker lives,
/// and one connection for each execution that runs, kept for the next.
/// </summary>
public sealed class FramedWorkerConnection : WorkerConnection
{
    private readonly WorkerEndpoint _endpoint;
    private readonly ChannelConnector _connect;
    private readonly FramedConnectionOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly WorkerToken? _token;
    private readonly CancellationTokenSource _lost = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Guarded by _gate. What is in use is held so that a loss can end it.
    private readonly HashSet<FramedChannel> _inUse = [];
    private readonly Stack<FramedChannel> _idle = new();
    private WorkerException? _lostReason;

    private readonly ManageChannel _manage;
    private readonly CancellationTokenRegistration _onExit;
    private int _disposed;

    private FramedWorkerConnection(WorkerEndpoint endpoint, ChannelConnector connect, FramedConnectionOptions options, TimeProvider timeProvider, WorkerToken? token, FramedChannel manage, long workerMaxFrameBytes)
    {
        _endpoint = endpoint;
        _connect = connect;
        _options = options;
        _timeProvider = timeProvider;
        _token = token;
        WorkerMaxFrameBytes = (int)Math.Min(workerMaxFrameBytes, int.MaxValue);
        _manage = new ManageChannel(manage, fault => Lose(Describe($"The manage connection to worker {_endpoint} was lost: {fault}.")));
        _onExit = endpoint.ExitToken.UnsafeRegister(static state =>
        {
            var self = (FramedWorkerConnection)state!;
            self.Lose(self.Describe($"The process of worker {self._endpoint} has ended."));
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
                return _lostReason;
            }
        }
    }

    /// <summary>The longest frame that the worker takes.</summary>
    internal int WorkerMaxFrameBytes { get; }

    internal FramedConnectionOptions Options => _options;

    /// <summary>Waits until a worker listens, opens its manage connection, and verifies that it is the worker.</summary>
    /// <param name="endpoint">The worker; its <see cref="WorkerEndpoint.Observation"/> is kept up to date.</param>
    /// <param name="connect">Connects to it.</param>
    /// <param name="options">Limits; <see langword="null"/> for the defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is left open then.</param>
    /// <returns>The connection, which the caller disposes.</returns>
    /// <exception cref="WorkerProtocolException">What listens there is not the worker, or does not speak the protocol.</exception>
    /// <exception cref="WorkerConnectionException">What listens there closed the connection before it answered.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public static async ValueTask<FramedWorkerConnection> OpenAsync(
        WorkerEndpoint endpoint,
        ChannelConnector connect,
        FramedConnectionOptions? options = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(connect);
        options ??= FramedConnectionOptions.Default;
        timeProvider ??= TimeProvider.System;
        WorkerToken? token = endpoint.Secret.IsEmpty ? null : WorkerToken.FromBytes(endpoint.Secret);
        ByteChannel bytes = await ConnectUntilListeningAsync(endpoint, connect, options, timeProvider, cancellationToken).ConfigureAwait(false);
        FramedChannel? channel = null;
        try
        {
            channel = new FramedChannel(bytes, ConnectionRole.Manage, token, options, timeProvider);
            endpoint.Observation = "it accepts connections, but has not answered the preface";
            await channel.SendPrefaceAsync().ConfigureAwait(false);
            WorkerPrefaceCheck check = await channel.VerifyAsync(cancellationToken).ConfigureAwait(false);
            if (check.Outcome != WorkerPrefaceOutcome.Accepted)
            {
                throw Refusal(endpoint, check);
            }

            endpoint.Observation = null;
            return new FramedWorkerConnection(endpoint, connect, options, timeProvider, token, channel, check.Answer.MaxFrameBytes);
        }
        catch (Exception exception)
        {
            IAsyncDisposable opened = channel is null ? bytes : channel;
            await opened.DisposeAsync().ConfigureAwait(false);
            if (exception is IOException)
            {
                throw new WorkerConnectionException($"Worker {endpoint} closed its manage connection before it had answered the preface.", exception)
                {
                    WorkerId = endpoint.WorkerId,
                    ProcessId = endpoint.ProcessId,
                    Endpoint = endpoint.Address,
                };
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<WorkerSession> OpenSessionAsync(WorkerSessionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
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
                Lose(Describe($"The connection to worker {_endpoint} was closed by this host."));
                await _onExit.DisposeAsync().ConfigureAwait(false);
                await _manage.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                _closed.SetResult();
            }
        }

        await _closed.Task.ConfigureAwait(false);
    }

    /// <summary>Takes an idle connection, or opens one. A new one has sent its preface, and has not waited for the answer: an execution costs no extra round trip.</summary>
    /// <exception cref="WorkerException">The worker is lost, or does not take the connection.</exception>
    internal async ValueTask<(FramedChannel Channel, bool IsReused)> RentAsync(bool mayReuse, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfLostUnsynchronized();
            if (mayReuse && _idle.TryPop(out FramedChannel? idle))
            {
                _inUse.Add(idle);
                return (idle, true);
            }
        }

        FramedChannel channel;
        try
        {
            ByteChannel bytes = await _connect(cancellationToken).ConfigureAwait(false);
            channel = new FramedChannel(bytes, ConnectionRole.Execute, _token, _options, _timeProvider);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw Describe($"No connection could be opened to worker {_endpoint}: {exception.Message}.", exception);
        }

        try
        {
            await channel.SendPrefaceAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The worker may have said why: whoever reads from the connection finds it.
        }

        WorkerException? lost;
        lock (_gate)
        {
            lost = _lostReason;
            if (lost is null)
            {
                _inUse.Add(channel);
            }
        }

        if (lost is not null)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw lost;
        }

        return (channel, false);
    }

    /// <summary>Gives a connection back: kept for the next execution if it is between two, else closed.</summary>
    internal async ValueTask ReturnAsync(FramedChannel channel, bool isReusable)
    {
        lock (_gate)
        {
            _inUse.Remove(channel);
            if (isReusable && _lostReason is null && _idle.Count < _options.MaxIdleConnectionCount)
            {
                _idle.Push(channel);
                return;
            }
        }

        await channel.DisposeAsync().ConfigureAwait(false);
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

    /// <summary>An error about this worker's connection.</summary>
    internal WorkerConnectionException Describe(string message, Exception? innerException = null) => new(message, innerException)
    {
        WorkerId = _endpoint.WorkerId,
        ProcessId = _endpoint.ProcessId,
        Endpoint = _endpoint.Address,
    };

    /// <summary>What a worker that did not accept a connection is reported as.</summary>
    internal static WorkerException Refusal(WorkerEndpoint endpoint, WorkerPrefaceCheck check)
    {
        string message = $"Worker {endpoint}: {check.Message}";
        return (check.Outcome, check.Answer.Status) switch
        {
            (WorkerPrefaceOutcome.Incomplete, _) => new WorkerConnectionException(message)
            {
                WorkerId = endpoint.WorkerId,
                ProcessId = endpoint.ProcessId,
                Endpoint = endpoint.Address,
            },
            (WorkerPrefaceOutcome.Refused, PrefaceStatus.AtCapacity) => new WorkerConnectionException($"{message} Another worker may be tried.")
            {
                WorkerId = endpoint.WorkerId,
                ProcessId = endpoint.ProcessId,
                Endpoint = endpoint.Address,
                IsAtCapacity = true,
            },
            _ => new WorkerProtocolException(message)
            {
                WorkerId = endpoint.WorkerId,
                ProcessId = endpoint.ProcessId,
                Endpoint = endpoint.Address,
            },
        };
    }

    internal WorkerEndpoint Endpoint => _endpoint;

    private static async ValueTask<ByteChannel> ConnectUntilListeningAsync(
        WorkerEndpoint endpoint, ChannelConnector connect, FramedConnectionOptions options, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await connect(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                endpoint.Observation = $"it does not accept connections ({exception.Message})";
            }

            await Task.Delay(options.ReconnectDelay, timeProvider, cancellationToken).ConfigureAwait(false);
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
            throw LostReason ?? Describe($"The manage connection to worker {_endpoint} failed: {exception.Message}.", exception);
        }
    }

    private void Lose(WorkerException reason)
    {
        FramedChannel[] inUse, idle;
        lock (_gate)
        {
            if (_lostReason is not null)
            {
                return;
            }

            _lostReason = reason;
            inUse = [.. _inUse];
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (FramedChannel channel in inUse)
        {
            // What the worker had said before it was lost may be the end of the execution: its reader still gets it.
            channel.Bytes.EndBoth();
        }

        foreach (FramedChannel channel in idle)
        {
            channel.Bytes.Abort();
        }

        _lost.Cancel();
    }

    private void ThrowIfLostUnsynchronized()
    {
        if (_lostReason is not null)
        {
            throw _lostReason;
        }
    }
}
