using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>Makes the dispatchers of a container for specifications on Unix domain sockets.</summary>
/// <param name="workerOptions">How workers are started, pooled and ended, by the name of their options.</param>
/// <param name="options">How they are reached.</param>
/// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class UdsWorkerDispatcherFactory(
    IOptionsMonitor<DirectWorkerOptions> workerOptions,
    IOptions<UdsWorkerOptions> options,
    ILoggerFactory? loggerFactory,
    TimeProvider timeProvider) : IWorkerDispatcherFactory
{
    public string Name => "Unix domain sockets";

    public bool CanCreate(WorkerSpecification specification) => specification.Direct?.Properties?.Connection is UnixDomainSocketConnection;

    public WorkerDispatcher Create(WorkerSpecification specification) => Create(specification, Options.DefaultName);

    public WorkerDispatcher Create(WorkerSpecification specification, string optionsName) =>
        new UdsWorkerDispatcher(specification, workerOptions.Get(optionsName), options.Value, loggerFactory, timeProvider);
}
