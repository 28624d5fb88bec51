using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Testing.Contracts;
using Udf.Worker.Transport.Tcp.Internal;

namespace Udf.Worker.Transport.Tcp.Tests;

/// <summary>TCP on the loopback, for the contract suites.</summary>
internal sealed class TcpTransport : TransportUnderTest
{
    public static TcpTransport Instance { get; } = new();

    public override string Package => "Udf.Worker.Transport.Tcp";

    public override WorkerSpecification SetConnection(WorkerSpecification specification) => specification.OverTcp();

    public override WorkerSpecification SetOtherConnection(WorkerSpecification specification) => specification.OverUnixDomainSocket();

    public override DirectWorkerDispatcher CreateDispatcher(
        WorkerSpecification specification, DirectWorkerOptions? options = null, FramedConnectionOptions? connection = null, ILoggerFactory? loggerFactory = null) =>
        new TcpWorkerDispatcher(specification, options, new TcpWorkerOptions { Connection = connection ?? FramedConnectionOptions.Default }, loggerFactory);

    public override IUdfWorkerBuilder AddTo(IUdfWorkerBuilder builder) => builder.UseTcp();

    public override string NewAddress(DirectoryInfo directory) => LoopbackPorts.Reserve().ToString(CultureInfo.InvariantCulture);

    public override async ValueTask<ByteChannel> ConnectAsync(string address, CancellationToken cancellationToken) =>
        new SocketByteChannel(await LoopbackConnector.ConnectAsync(int.Parse(address, CultureInfo.InvariantCulture), preferIPv6: false, cancellationToken), address);

    public override bool IsThere(string address) =>
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Any(listener => IPAddress.IsLoopback(listener.Address) && listener.Port.ToString(CultureInfo.InvariantCulture) == address);

    /// <summary>Nothing: a port is free when its process is gone, and then it may be another worker's at once.</summary>
    public override IEnumerable<string> FindLeftovers(DirectWorkerDispatcher dispatcher, IReadOnlyCollection<string> addresses) => [];
}
