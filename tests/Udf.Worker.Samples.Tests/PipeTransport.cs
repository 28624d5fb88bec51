using System.IO.Pipes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NamedPipeTransport;
using Udf.Worker.Direct;
using Udf.Worker.Testing.Contracts;
using Udf.Worker.Transport;

namespace Udf.Worker.Samples.Tests;

/// <summary>The sample's named pipes, for the contract suites.</summary>
internal sealed class PipeTransport : TransportUnderTest
{
    public static PipeTransport Instance { get; } = new();

    public override string Package => "NamedPipeTransport";

    public override bool HasSocketDirectory => true;

    public override WorkerSpecification SetConnection(WorkerSpecification specification) => specification.OverCustom("pipe");

    public override WorkerSpecification SetOtherConnection(WorkerSpecification specification) => specification.OverTcp();

    public override DirectWorkerDispatcher CreateDispatcher(
        WorkerSpecification specification, DirectWorkerOptions? options = null, FramedConnectionOptions? connection = null, ILoggerFactory? loggerFactory = null) =>
        new PipeWorkerDispatcher(specification, options, connection, loggerFactory);

    public override IUdfWorkerBuilder AddTo(IUdfWorkerBuilder builder) => throw new NotSupportedException("The sample is not for a container.");

    public override string NewAddress(DirectoryInfo directory) => Path.Combine(directory.FullName, "pipe");

    public override async ValueTask<ByteChannel> ConnectAsync(string address, CancellationToken cancellationToken)
    {
        var pipe = new NamedPipeClientStream(".", address, PipeDirection.InOut, PipeOptions.Asynchronous);
        await pipe.ConnectAsync(cancellationToken);
        return new StreamByteChannel(pipe, address);
    }

    public override bool IsThere(string address) => File.Exists(address);

    public override IEnumerable<string> FindLeftovers(DirectWorkerDispatcher dispatcher, IReadOnlyCollection<string> addresses) => addresses.Where(File.Exists);
}
