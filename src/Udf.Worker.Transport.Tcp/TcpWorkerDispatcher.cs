using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Tcp.Internal;

namespace Udf.Worker.Transport.Tcp;

/// <summary>
/// Workers as processes of this machine that are reached over TCP, on the loopback only. Whoever may open a socket can connect to a port, so engine and worker always prove the worker's token to each other.
/// </summary>
/// <remarks>Thread safe. Whoever made it disposes it.</remarks>
public sealed class TcpWorkerDispatcher : DirectWorkerDispatcher
{
    private static readonly TimeSpan StrangerPause = TimeSpan.FromMilliseconds(50);

    private readonly TcpWorkerOptions _options;
    private readonly FramedWorkerMemory _memory = new();

    /// <summary>Creates the dispatcher. No process is started before the first session.</summary>
    /// <param name="specification">What the workers are; its connection is a <see cref="LocalTcpConnection"/>.</param>
    /// <param name="workerOptions">How they are started and ended; <see langword="null"/> for the defaults.</param>
    /// <param name="options">How they are reached; <see langword="null"/> for the defaults.</param>
    /// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
    /// <param name="timeProvider">The clock of all time limits; <see langword="null"/> for the system's.</param>
    /// <exception cref="WorkerSpecificationException">The specification is not valid, or asks for another transport.</exception>
    public TcpWorkerDispatcher(
        WorkerSpecification specification,
        DirectWorkerOptions? workerOptions = null,
        TcpWorkerOptions? options = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
        : base(specification, workerOptions, loggerFactory, timeProvider)
    {
        _options = options ?? new TcpWorkerOptions();
    }

    /// <inheritdoc/>
    protected override ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken) =>
        new(LoopbackPorts.Reserve().ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    protected override async ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        int port = Port(endpoint.Address);
        while (true)
        {
            try
            {
                return await FramedWorkerConnection.OpenAsync(endpoint, token => ConnectAsync(port, token), _options.Connection, TimeProvider, _memory, cancellationToken).ConfigureAwait(false);
            }
            catch (WorkerException exception) when (endpoint.ProcessId is { } worker && PortOwner.IsSomebodyElse(port, worker))
            {
                // Somebody took the port between its choice and the worker's bind. The worker finds that out and ends, and another port is tried; until then nothing more is said to the stranger.
                endpoint.Observation = $"another process has the port ({exception.Message})";
                do
                {
                    await Task.Delay(StrangerPause, TimeProvider, cancellationToken).ConfigureAwait(false);
                }
                while (PortOwner.IsSomebodyElse(port, worker));
            }
        }
    }

    /// <inheritdoc/>
    protected override ValueTask CleanUpAddressAsync(string address)
    {
        LoopbackPorts.Release(Port(address));
        return ValueTask.CompletedTask;
    }

    /// <summary>Does nothing: nothing is shared between workers.</summary>
    /// <inheritdoc/>
    protected override ValueTask CloseTransportAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification) =>
        FramedSupport.FindUnsupported<LocalTcpConnection>(specification, "TCP on the loopback", "tcp");

    /// <inheritdoc/>
    protected override bool ShouldTryAnotherAddress(string address, WorkerStartException failure) => !LoopbackPorts.IsFree(Port(address));

    private static int Port(string address) => int.Parse(address, NumberStyles.None, CultureInfo.InvariantCulture);

    private async ValueTask<ByteChannel> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        Socket socket = await LoopbackConnector.ConnectAsync(port, _options.PreferIPv6, cancellationToken).ConfigureAwait(false);
        return new SocketByteChannel(socket, $"port {port}");
    }
}
