using System.Net.Sockets;
using Udf.Worker.Protocol;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

// How the connection to a worker begins.
public sealed partial class FramedWorkerConnection
{
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
        CancellationToken cancellationToken = default) =>
        await OpenAsync(endpoint, connect, options, timeProvider, memory: null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="OpenAsync(WorkerEndpoint, ChannelConnector, FramedConnectionOptions?, TimeProvider?, CancellationToken)" path="/summary|/returns|/exception"/>
    /// <param name="endpoint">The worker; its <see cref="WorkerEndpoint.Observation"/> is kept up to date.</param>
    /// <param name="connect">Connects to it.</param>
    /// <param name="options">Limits; <see langword="null"/> for the defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="memory">What is known of other workers of the same specification; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is left open then.</param>
    public static async ValueTask<FramedWorkerConnection> OpenAsync(
        WorkerEndpoint endpoint,
        ChannelConnector connect,
        FramedConnectionOptions? options,
        TimeProvider? timeProvider,
        FramedWorkerMemory? memory,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(connect);
        options ??= FramedConnectionOptions.Default;
        timeProvider ??= TimeProvider.System;
        WorkerToken? token = endpoint.Secret.IsEmpty ? null : WorkerToken.FromBytes(endpoint.Secret);
        ByteChannel bytes = await ConnectUntilListeningAsync(endpoint, connect, options, timeProvider, cancellationToken).ConfigureAwait(false);
        var channel = new FramedChannel(bytes, ConnectionRole.Manage, token, options, timeProvider);
        try
        {
            endpoint.Observation = "it accepts connections, but has not answered the preface";
            WorkerPrefaceCheck check = await ShakeHandsAsync(channel, cancellationToken).ConfigureAwait(false);
            if (check.Outcome != WorkerPrefaceOutcome.Accepted)
            {
                throw WorkerRefusals.Refused(endpoint, check);
            }

            endpoint.Observation = null;
            return new FramedWorkerConnection(endpoint, connect, options, timeProvider, token, channel, check.Answer.MaxFrameBytes, memory ?? new FramedWorkerMemory());
        }
        catch (Exception exception)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            if (exception is IOException)
            {
                throw WorkerRefusals.Lost(endpoint, $"Worker {endpoint} closed its manage connection before it had answered the preface.", exception);
            }

            throw;
        }
    }

    /// <summary>Exchanges the prefaces.</summary>
    private static async ValueTask<WorkerPrefaceCheck> ShakeHandsAsync(FramedChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            await channel.SendPrefaceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The worker may have said why: who reads finds it, or the end.
        }

        return await channel.VerifyAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<ByteChannel> ConnectUntilListeningAsync(
        WorkerEndpoint endpoint, ChannelConnector connect, FramedConnectionOptions options, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        long begun = timeProvider.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await connect(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or SocketException or TimeoutException)
            {
                endpoint.Observation = $"it does not accept connections ({exception.Message})";
            }

            await StartPace.PauseAsync(StartPace.PauseAfter(options.ReconnectDelay, timeProvider.GetElapsedTime(begun)), timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
