using System.IO.Pipes;
using Microsoft.Extensions.Logging;
using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.Transport;

namespace NamedPipeTransport;

/// <summary>Workers that are reached over named pipes, for specifications with <c>.OverCustom("pipe")</c>: the engine's side of a transport, whole.</summary>
public sealed class PipeWorkerDispatcher : DirectWorkerDispatcher
{
    // Where the system has no name space for pipes, a pipe is a file: in a directory of our own, which only this user can enter.
    private readonly Lazy<DirectoryInfo?> _directory = new(() => OperatingSystem.IsWindows() ? null : Directory.CreateTempSubdirectory("udf-pipe-"));

    private readonly FramedConnectionOptions _connection;

    public PipeWorkerDispatcher(WorkerSpecification specification, DirectWorkerOptions? options = null, FramedConnectionOptions? connection = null, ILoggerFactory? loggerFactory = null)
        : base(specification, options, loggerFactory)
    {
        _connection = connection ?? FramedConnectionOptions.Default;
    }

    // 1. Where the worker will be: what it gets as --connection.
    protected override ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken) =>
        new(_directory.Value is { } directory ? Path.Combine(directory.FullName, workerId) : "udf-" + workerId);

    // 2. Wait until it answers. Ready is who has answered the preface and proved the token, which OpenAsync asks for; further connections are made as sessions need them.
    protected override async ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken) =>
        await FramedWorkerConnection.OpenAsync(endpoint, token => ConnectAsync(endpoint.Address, token), _connection, TimeProvider, cancellationToken);

    // 3. What one worker leaves behind, however it has ended: a worker that is killed does not remove its pipe.
    protected override ValueTask CleanUpAddressAsync(string address)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(address);
        }

        return ValueTask.CompletedTask;
    }

    // 4. What all workers have shared. Called last.
    protected override ValueTask CloseTransportAsync()
    {
        if (_directory is { IsValueCreated: true, Value: { } directory })
        {
            directory.Delete(recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    // 5. Which specifications are for this transport. Called before this class has been constructed.
    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification)
    {
        foreach (WorkerSpecificationProblem problem in FramedSupport.FindUnsupported<CustomConnection>(specification, "named pipes", "custom"))
        {
            yield return problem;
        }

        if (specification.Direct?.Properties?.Connection is CustomConnection { Name: not "pipe" } other)
        {
            yield return new WorkerSpecificationProblem(
                "direct.properties.connection.custom.name", $"This dispatcher reaches its workers over the transport 'pipe'; the specification names '{other.Name}'.", "Set it to 'pipe'.");
        }
    }

    private static async ValueTask<ByteChannel> ConnectAsync(string name, CancellationToken cancellationToken)
    {
        // CurrentUserOnly: a pipe that another user has made at this name is refused.
        var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        try
        {
            // Nobody there yet is a TimeoutException, which means: try again.
            await pipe.ConnectAsync(TimeSpan.FromMilliseconds(100), cancellationToken);
            return new StreamByteChannel(pipe, name);
        }
        catch
        {
            await pipe.DisposeAsync();
            throw;
        }
    }
}
