using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;

namespace Udf.Worker.EnvironmentHost;

/// <summary>Goes as far as the environment: the first hook after it ends the attempt.</summary>
internal sealed class PreparingDispatcher(WorkerSpecification specification, DirectWorkerOptions options, ILoggerFactory loggerFactory)
    : DirectWorkerDispatcher(specification, options, loggerFactory)
{
    protected override ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken) => throw new PreparedException();

    protected override ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask CleanUpAddressAsync(string address) => ValueTask.CompletedTask;

    protected override ValueTask CloseTransportAsync() => ValueTask.CompletedTask;

    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification) => [];
}
