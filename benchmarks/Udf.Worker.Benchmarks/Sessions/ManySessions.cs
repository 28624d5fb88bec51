using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Transport;

namespace Udf.Worker.Benchmarks.Sessions;

/// <summary>What is measured: one worker process with the function <c>udf.echo</c>, and many sessions on it through the public API, all streaming. Owns them.</summary>
internal sealed class ManySessions : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _path;
    private readonly WorkerConnection _connection;
    private readonly (WorkerSession Session, PingPongInput Input, IAsyncEnumerator<WorkerBatch> Results)[] _sessions;
    private readonly byte[] _payload;
    private bool _isStreaming;

    private ManySessions(Process process, string path, WorkerConnection connection, int count, byte[] payload)
    {
        _process = process;
        _path = path;
        _connection = connection;
        _payload = payload;
        _sessions = new (WorkerSession, PingPongInput, IAsyncEnumerator<WorkerBatch>)[count];
    }

    /// <summary>Starts a worker and initialises the function in each session.</summary>
    internal static async Task<ManySessions> StartAsync(int count, byte[] payload, FramedConnectionOptions options)
    {
        string path = Path.Combine(Path.GetTempPath(), $"udf-bench-{Guid.NewGuid():N}.sock");
        byte[] token = RandomNumberGenerator.GetBytes(32);
        string id = Guid.NewGuid().ToString();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true };
        foreach (string argument in (string[])[WorkerEcho.WorkerPath, "--id", id, "--connection", path])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["UDF_WORKER_TOKEN"] = Convert.ToHexStringLower(token);
        start.Environment["UDF_WORKER_STDIN"] = "engine";
        start.Environment["UDF_WORKER_CONFORMANCE"] = "1";
        start.Environment["UDF_TEST_CAPACITY"] = count.ToString(CultureInfo.InvariantCulture);
        Process process = Process.Start(start)!;
        WorkerConnection connection = await FramedWorkerConnection.OpenAsync(new WorkerEndpoint(path, id, token) { ProcessId = process.Id }, _ => ConnectAsync(path), options);
        var sessions = new ManySessions(process, path, connection, count, payload);
        for (int index = 0; index < count; index++)
        {
            WorkerSession session = await connection.OpenSessionAsync(new WorkerSessionContext(new BorrowedWorker(id)), CancellationToken.None);
            await session.InitAsync(new WorkerInit(new WorkerPayload("udf.echo")));
            var input = new PingPongInput(payload);
            sessions._sessions[index] = (session, input, session.ProcessAsync(input).GetAsyncEnumerator());
        }

        return sessions;
    }

    /// <summary>Lets all sessions send their batch to and fro at the same time, and waits until the last has done so as often as it is to.</summary>
    internal async Task RoundTripsAsync(int countOfEach)
    {
        _isStreaming = true;
        var running = new Task[_sessions.Length];
        for (int index = 0; index < running.Length; index++)
        {
            int number = index;
            running[index] = Task.Run(() => RunAsync(number, countOfEach));
        }

        await Task.WhenAll(running);
    }

    /// <summary>Checks the last answer of each session.</summary>
    internal void Check()
    {
        foreach ((_, _, IAsyncEnumerator<WorkerBatch> results) in _sessions)
        {
            TestPayload.Check(results.Current.Span, _payload);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((WorkerSession session, PingPongInput input, IAsyncEnumerator<WorkerBatch> results) in _sessions)
        {
            input.End();
            if (_isStreaming && await results.MoveNextAsync())
            {
                throw new InvalidOperationException("The worker sent more than it was asked for.");
            }

            await results.DisposeAsync();
            await session.DisposeAsync();
        }

        await _connection.DisposeAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        File.Delete(_path);
    }

    private async Task RunAsync(int number, int count)
    {
        (_, PingPongInput input, IAsyncEnumerator<WorkerBatch> results) = _sessions[number];
        for (int index = 0; index < count; index++)
        {
            input.Push();
            if (!await results.MoveNextAsync())
            {
                throw new InvalidOperationException("The worker ended the stream instead of answering.");
            }
        }

    }

    private static async ValueTask<ByteChannel> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            return new SocketByteChannel(socket, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
