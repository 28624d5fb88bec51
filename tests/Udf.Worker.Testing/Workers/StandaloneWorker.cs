using System.Diagnostics;
using System.Security.Cryptography;
using Udf.Worker.Testing.Contracts;
using Udf.Worker.Transport;

namespace Udf.Worker.Testing;

/// <summary>A worker that no dispatcher has started, with a connection to it: for what one worker does with many executions. Disposed, nothing is left of it.</summary>
public sealed class StandaloneWorker : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _directory;

    private StandaloneWorker(Process process, DirectoryInfo directory, WorkerConnection connection)
    {
        _process = process;
        _directory = directory;
        Connection = connection;
    }

    public WorkerConnection Connection { get; }

    public int ProcessId => _process.Id;

    public static async Task<StandaloneWorker> StartAsync(WorkerProgram program, TransportUnderTest transport)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("udf-alone-");
        string address = transport.NewAddress(directory);
        byte[] token = RandomNumberGenerator.GetBytes(32);
        string id = Guid.NewGuid().ToString();
        var start = new ProcessStartInfo(program.Command, [.. program.Arguments, "--id", id, "--connection", address]) { RedirectStandardInput = true };
        start.Environment["UDF_WORKER_TOKEN"] = Convert.ToHexStringLower(token);
        start.Environment["UDF_WORKER_STDIN"] = "engine";
        start.Environment["UDF_WORKER_CONFORMANCE"] = "1";
        Process process = Process.Start(start)!;
        try
        {
            var endpoint = new WorkerEndpoint(address, id, token) { ProcessId = process.Id };
            WorkerConnection connection = await FramedWorkerConnection.OpenAsync(
                endpoint, cancellationToken => transport.ConnectAsync(address, cancellationToken), transport.ConnectionOptions).DefaultTimeout();
            return new StandaloneWorker(process, directory, connection);
        }
        catch
        {
            await EndAsync(process, directory);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await EndAsync(_process, _directory);
    }

    private static async Task EndAsync(Process process, DirectoryInfo directory)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        directory.Delete(recursive: true);
    }
}
