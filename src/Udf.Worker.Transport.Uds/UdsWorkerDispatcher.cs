using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Internal;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds;

/// <summary>
/// Workers as processes of this machine that are reached over Unix domain sockets: one socket a worker, in a private directory that goes with the dispatcher, or on Linux without a file.
/// Before a byte is sent, the system is asked whether it is the worker that listens there.
/// </summary>
/// <remarks>Thread safe. Whoever made it disposes it.</remarks>
public sealed class UdsWorkerDispatcher : DirectWorkerDispatcher
{
    private readonly UdsWorkerOptions _options;
    private readonly FramedWorkerMemory _memory = new();
    private readonly ISocketAddresses _addresses;

    /// <summary>Creates the dispatcher. No process is started and no directory made before the first session.</summary>
    /// <param name="specification">What the workers are; its connection is a <see cref="UnixDomainSocketConnection"/>.</param>
    /// <param name="workerOptions">How they are started and ended; <see langword="null"/> for the defaults.</param>
    /// <param name="options">How they are reached; <see langword="null"/> for the defaults.</param>
    /// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
    /// <param name="timeProvider">The clock of all time limits; <see langword="null"/> for the system's.</param>
    /// <exception cref="WorkerSpecificationException">The specification is not valid, or asks for another transport.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdsWorkerOptions.UseAbstractSockets"/> is set, and this is not Linux.</exception>
    public UdsWorkerDispatcher(
        WorkerSpecification specification,
        DirectWorkerOptions? workerOptions = null,
        UdsWorkerOptions? options = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
        : base(specification, workerOptions, loggerFactory, timeProvider)
    {
        _options = options ?? new UdsWorkerOptions();
        if (_options.UseAbstractSockets)
        {
            AbstractNames.ThrowIfNotSupported(OperatingSystem.IsLinux());
        }

        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<UdsWorkerDispatcher>();
        _addresses = _options.UseAbstractSockets ? new AbstractNames() : new SocketDirectory(_options.SocketDirectory, logger);
    }

    /// <summary>The private directory of the sockets; <see langword="null"/> before the first worker, and where there is none.</summary>
    internal string? SocketDirectoryPath => (_addresses as SocketDirectory)?.Path;

    /// <inheritdoc/>
    protected override ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken) => new(_addresses.Allocate(workerId));

    /// <inheritdoc/>
    protected override async ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.Address[0] != AbstractNames.Marker)
        {
            // Before the file is there, attempts to connect would only take time from the worker: each is an exception.
            endpoint.Observation = "it does not accept connections (its socket does not exist)";
            await StartPace.UntilAsync(() => File.Exists(endpoint.Address), _options.Connection.ReconnectDelay, TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        PeerCheck? check = _options.VerifyPeer ? new PeerCheck(endpoint) : null;
        return await FramedWorkerConnection.OpenAsync(endpoint, token => ConnectAsync(endpoint.Address, check, token), _options.Connection, TimeProvider, _memory, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override ValueTask CleanUpAddressAsync(string address)
    {
        _addresses.Release(address);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask CloseTransportAsync()
    {
        _addresses.Close();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification) =>
        FramedSupport.FindUnsupported<UnixDomainSocketConnection>(specification, "Unix domain sockets", "unixDomainSocket");

    private static async ValueTask<ByteChannel> ConnectAsync(string address, PeerCheck? check, CancellationToken cancellationToken)
    {
        // A batch of 1 MiB goes into the kernel with one call; the worker's end is set to the same.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendBufferSize = 1024 * 1024 };
        try
        {
            string name = address[0] == AbstractNames.Marker ? AbstractNames.NameOf(address) : address;
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(name), cancellationToken).ConfigureAwait(false);
            check?.Verify(socket);
            return new SocketByteChannel(socket, address);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
