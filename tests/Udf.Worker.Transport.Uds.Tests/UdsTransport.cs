using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Unix domain sockets, for the contract suites.</summary>
internal sealed class UdsTransport(bool isAbstract) : TransportUnderTest
{
    public static UdsTransport Instance { get; } = new(isAbstract: false);

    /// <summary>The same with abstract sockets.</summary>
    public static UdsTransport Abstract { get; } = new(isAbstract: true);

    public override string Package => "Udf.Worker.Transport.Uds";

    public override bool HasSocketDirectory => !isAbstract;

    public override WorkerSpecification SetConnection(WorkerSpecification specification) => specification.OverUnixDomainSocket();

    public override WorkerSpecification SetOtherConnection(WorkerSpecification specification) => specification.OverTcp();

    // The library itself takes the shortest of several directories; a test that counts files wants them in its own.
    public override DirectWorkerDispatcher CreateDispatcher(
        WorkerSpecification specification, DirectWorkerOptions? options = null, FramedConnectionOptions? connection = null, ILoggerFactory? loggerFactory = null) =>
        new UdsWorkerDispatcher(specification, options, new UdsWorkerOptions { Connection = connection ?? FramedConnectionOptions.Default, SocketDirectory = TestDirectory.Current, UseAbstractSockets = isAbstract }, loggerFactory);

    public override IUdfWorkerBuilder AddTo(IUdfWorkerBuilder builder) => builder.UseUnixDomainSockets(options => options.UseAbstractSockets = isAbstract);

    public override string NewAddress(DirectoryInfo directory) => isAbstract ? $"@{Guid.NewGuid():N}" : Path.Combine(directory.FullName, "w.sock");

    public override async ValueTask<ByteChannel> ConnectAsync(string address, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(isAbstract ? '\0' + address[1..] : address), cancellationToken);
            return new SocketByteChannel(socket, address);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override bool IsThere(string address) => isAbstract ? AbstractSockets.IsThere(address) : File.Exists(address);

    public override IEnumerable<string> FindLeftovers(DirectWorkerDispatcher dispatcher, IReadOnlyCollection<string> addresses)
    {
        foreach (string address in addresses.Where(IsThere))
        {
            yield return $"socket {address}";
        }

        if (((UdsWorkerDispatcher)dispatcher).SocketDirectoryPath is { } directory && Directory.Exists(directory))
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(directory).Except(addresses))
            {
                yield return $"in the directory of the sockets: {path}";
            }
        }
    }
}
