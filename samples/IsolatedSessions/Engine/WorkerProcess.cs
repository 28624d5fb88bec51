using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using IsolatedSessions.Worker;
using Udf.Worker;
using Udf.Worker.Transport;

namespace IsolatedSessions.Engine;

/// <summary>A worker that stays, whichever session an execution belongs to: this program once more, on a Unix domain socket.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _directory;
    private readonly WorkerConnection _connection;
    private readonly StandingLease _lease;

    private WorkerProcess(string id, Process process, DirectoryInfo directory, WorkerConnection connection)
    {
        _process = process;
        _directory = directory;
        _connection = connection;
        _lease = new StandingLease(id, process.Id);
    }

    public static async Task<WorkerProcess> StartAsync()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("udf-sample-");
        string address = Path.Combine(directory.FullName, "worker.sock");
        string id = Guid.NewGuid().ToString();
        byte[] token = RandomNumberGenerator.GetBytes(32);
        bool isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        ProcessStartInfo start = new(Environment.ProcessPath!, [.. isHost ? [typeof(WorkerProcess).Assembly.Location] : Array.Empty<string>(), "worker", "--id", id, "--connection", address])
        {
            RedirectStandardInput = true,
        };
        start.Environment["UDF_WORKER_TOKEN"] = Convert.ToHexStringLower(token);
        start.Environment["UDF_WORKER_STDIN"] = "engine";
        Process process = Process.Start(start)!;
        WorkerConnection connection = await FramedWorkerConnection.OpenAsync(
            new WorkerEndpoint(address, id, token) { ProcessId = process.Id }, cancellationToken => ConnectAsync(address, process, cancellationToken));
        return new WorkerProcess(id, process, directory, connection);
    }

    /// <summary>Runs a function on one batch.</summary>
    public async Task<string> RunAsync(WorkerInit init, string batch)
    {
        await using WorkerSession session = await _connection.OpenSessionAsync(new WorkerSessionContext(_lease), CancellationToken.None);
        await session.InitAsync(init);
        string answer = "";
        await foreach (WorkerBatch result in session.ProcessAsync(One(batch)))
        {
            answer += Encoding.UTF8.GetString(result.Span);
        }

        return answer;
    }

    /// <summary>How many sessions are in the worker's memory, and how much of it is managed.</summary>
    public async Task<(int SessionCount, long MemoryBytes)> ReportAsync()
    {
        string[] report = (await RunAsync(new WorkerInit(new WorkerPayload(PricingWorker.ReportFormat)), "")).Split(' ');
        return (int.Parse(report[0], CultureInfo.InvariantCulture), long.Parse(report[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static async ValueTask<ByteChannel> ConnectAsync(string address, Process process, CancellationToken cancellationToken)
    {
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address), cancellationToken);
                return new SocketByteChannel(socket, address);
            }
            catch (SocketException) when (!process.HasExited)
            {
                // Not listening yet; nothing tells when it does.
                socket.Dispose();
                await Task.Delay(10, cancellationToken);
            }
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> One(string batch)
    {
        yield return Encoding.UTF8.GetBytes(batch);
        await Task.CompletedTask;
    }
}
