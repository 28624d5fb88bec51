using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>Makes the dispatchers of a container for specifications on TCP.</summary>
/// <param name="workerOptions">How workers are started, pooled and ended, by the name of their options.</param>
/// <param name="options">How they are reached.</param>
/// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class TcpWorkerDispatcherFactory(
    IOptionsMonitor<DirectWorkerOptions> workerOptions,
    IOptions<TcpWorkerOptions> options,
    ILoggerFactory? loggerFactory,
    TimeProvider timeProvider) : IWorkerDispatcherFactory
{
    public string Name => "TCP on the loopback";

    public bool CanCreate(WorkerSpecification specification) => specification.Direct?.Properties?.Connection is LocalTcpConnection;

    public WorkerDispatcher Create(WorkerSpecification specification) => Create(specification, Options.DefaultName);

    public WorkerDispatcher Create(WorkerSpecification specification, string optionsName) =>
        new TcpWorkerDispatcher(specification, workerOptions.Get(optionsName), options.Value, loggerFactory, timeProvider);
}
