using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Transport;

namespace Udf.Worker.Testing.Contracts;

/// <summary>Another transport, on which all executions of a worker share one connection.</summary>
public sealed class MultiplexedTransport(TransportUnderTest carrier) : TransportUnderTest
{
    public override string Package => carrier.Package;

    public override bool HasSocketDirectory => carrier.HasSocketDirectory;

    public override FramedConnectionOptions ConnectionOptions { get; } = new() { Multiplexing = MultiplexingMode.Always };

    public override WorkerSpecification SetConnection(WorkerSpecification specification) => carrier.SetConnection(specification);

    public override WorkerSpecification SetOtherConnection(WorkerSpecification specification) => carrier.SetOtherConnection(specification);

    public override DirectWorkerDispatcher CreateDispatcher(
        WorkerSpecification specification, DirectWorkerOptions? options = null, FramedConnectionOptions? connection = null, ILoggerFactory? loggerFactory = null) =>
        carrier.CreateDispatcher(specification, options, (connection ?? ConnectionOptions) with { Multiplexing = MultiplexingMode.Always }, loggerFactory);

    public override IUdfWorkerBuilder AddTo(IUdfWorkerBuilder builder) => carrier.AddTo(builder);

    public override string NewAddress(DirectoryInfo directory) => carrier.NewAddress(directory);

    public override ValueTask<ByteChannel> ConnectAsync(string address, CancellationToken cancellationToken) => carrier.ConnectAsync(address, cancellationToken);

    public override bool IsThere(string address) => carrier.IsThere(address);

    public override IEnumerable<string> FindLeftovers(DirectWorkerDispatcher dispatcher, IReadOnlyCollection<string> addresses) => carrier.FindLeftovers(dispatcher, addresses);

    public override string ToString() => $"{carrier}, multiplexed";
}
