using Udf.Worker.Direct;

namespace Udf.Worker.TestHost;

/// <summary>Workers that are scripts: ready when they have made the file that their address names. There is no wire.</summary>
internal sealed class ScriptDispatcher(WorkerSpecification specification, DirectWorkerOptions options) : DirectWorkerDispatcher(specification, options)
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-host-");

    protected override ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken) => new(Path.Combine(_directory.FullName, workerId));

    protected override async ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        while (!File.Exists(endpoint.Address))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider, cancellationToken);
        }

        return new ScriptConnection();
    }

    protected override ValueTask CleanUpAddressAsync(string address)
    {
        File.Delete(address);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseTransportAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification) => [];
}
