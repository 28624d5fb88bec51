using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Transport;

namespace Udf.Worker.Testing.Contracts;

/// <summary>What the contract suites have to know of the transport that they run over.</summary>
public abstract class TransportUnderTest
{
    /// <summary>The name of the package that has it.</summary>
    public abstract string Package { get; }

    /// <summary>What the test host calls it: <c>uds</c>, <c>tcp</c>.</summary>
    public string Scheme => Package[(Package.LastIndexOf('.') + 1)..].ToLowerInvariant();

    /// <summary>Whether a dispatcher has a directory in the file system, which stays when its host is killed.</summary>
    public virtual bool HasSocketDirectory => false;

    /// <summary>With which connections to a worker are opened where a test asks for nothing else.</summary>
    public virtual FramedConnectionOptions ConnectionOptions => FramedConnectionOptions.Default;

    /// <summary>Sets this transport's connection.</summary>
    public abstract WorkerSpecification SetConnection(WorkerSpecification specification);

    /// <summary>Sets a connection that belongs to the other transport.</summary>
    public abstract WorkerSpecification SetOtherConnection(WorkerSpecification specification);

    public abstract DirectWorkerDispatcher CreateDispatcher(
        WorkerSpecification specification,
        DirectWorkerOptions? options = null,
        FramedConnectionOptions? connection = null,
        ILoggerFactory? loggerFactory = null);

    /// <summary>Adds this transport to a container.</summary>
    public abstract IUdfWorkerBuilder AddTo(IUdfWorkerBuilder builder);

    /// <summary>An address for a worker that no dispatcher starts.</summary>
    /// <param name="directory">Where it may make files.</param>
    public abstract string NewAddress(DirectoryInfo directory);

    /// <summary>Connects to such an address.</summary>
    public abstract ValueTask<ByteChannel> ConnectAsync(string address, CancellationToken cancellationToken);

    /// <summary>Whether there is something at an address: a socket file, a listener at a port.</summary>
    public abstract bool IsThere(string address);

    /// <summary>What is left of the addresses of workers that are gone, and of the dispatcher itself if it is closed.</summary>
    public abstract IEnumerable<string> FindLeftovers(DirectWorkerDispatcher dispatcher, IReadOnlyCollection<string> addresses);

    public override string ToString() => Package;
}
