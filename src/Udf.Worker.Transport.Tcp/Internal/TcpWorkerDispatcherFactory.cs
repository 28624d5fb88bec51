using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>Makes the dispatchers of a container for specifications on TCP.</summary>
/// <param name="workerOptions">How workers are started and ended.</param>
/// <param name="options">How they are reached.</param>
/// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class TcpWorkerDispatcherFactory(
    IOptions<DirectWorkerOptions> workerOptions,
    IOptions<TcpWorkerOptions> options,
    ILoggerFactory? loggerFactory,
    TimeProvider timeProvider) : IWorkerDispatcherFactory
{
    public string Name => "TCP on the loopback";

    public bool CanCreate(WorkerSpecification specification) => specification.Direct?.Properties?.Connection is LocalTcpConnection;

    public WorkerDispatcher Create(WorkerSpecification specification) =>
        new TcpWorkerDispatcher(specification, workerOptions.Value, options.Value, loggerFactory, timeProvider);
}
