using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds;

/// <summary>Workers as processes of this machine that are reached over Unix domain sockets: one socket a worker, in a private directory that goes with the dispatcher.</summary>
/// <remarks>Thread safe. Whoever made it disposes it.</remarks>
public sealed class UdsWorkerDispatcher : DirectWorkerDispatcher
{
    private readonly UdsWorkerOptions _options;
    private readonly SocketDirectory _directory;

    /// <summary>Creates the dispatcher. No process is started and no directory made before the first session.</summary>
    /// <param name="specification">What the workers are; its connection is a <see cref="UnixDomainSocketConnection"/>.</param>
    /// <param name="workerOptions">How they are started and ended; <see langword="null"/> for the defaults.</param>
    /// <param name="options">How they are reached; <see langword="null"/> for the defaults.</param>
    /// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
    /// <param name="timeProvider">The clock of all time limits; <see langword="null"/> for the system's.</param>
    /// <exception cref="WorkerSpecificationException">The specification is not valid, or asks for another transport.</exception>
    public UdsWorkerDispatcher(
        WorkerSpecification specification,
        DirectWorkerOptions? workerOptions = null,
        UdsWorkerOptions? options = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
        : base(specification, workerOptions, loggerFactory, timeProvider)
    {
        _options = options ?? new UdsWorkerOptions();
        _directory = new SocketDirectory(_options.SocketDirectory);
    }

    /// <summary>The private directory of the sockets; <see langword="null"/> before the first worker.</summary>
    internal string? SocketDirectoryPath => _directory.Path;

    /// <inheritdoc/>
    protected override ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken) => new(_directory.Allocate(workerId));

    /// <inheritdoc/>
    protected override async ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        string path = endpoint.Address;
        return await FramedWorkerConnection.OpenAsync(endpoint, token => ConnectAsync(path, token), _options.Connection, TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override ValueTask CleanUpAddressAsync(string address)
    {
        _directory.Release(address);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask CloseTransportAsync()
    {
        _directory.Close();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification) =>
        FramedSupport.FindUnsupported<UnixDomainSocketConnection>(specification, "Unix domain sockets", "unixDomainSocket");

    private static async ValueTask<ByteChannel> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new SocketByteChannel(socket, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
