using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using Udf.Worker.Protocol;
using Udf.Worker.Testing;

namespace Udf.Worker.Host.Tests;

/// <summary>The test worker as a process, as an engine starts it, on a Unix socket. Leaves nothing behind.</summary>
internal sealed class TestWorkerProcess : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("udf-host-").FullName;
    private readonly Process _process;
    private readonly Task<string> _errors;

    internal TestWorkerProcess(string? misbehaviour = null, string? connection = null, string? token = "", params string[] arguments)
        : this(first: null, misbehaviour, connection, token, arguments)
    {
    }

    private TestWorkerProcess(string? first, string? misbehaviour, string? connection, string? token, params string[] arguments)
    {
        using var random = RandomNumberGenerator.Create();
        Token = WorkerToken.Create(random);
        SocketPath = Path.Combine(_directory, "w.sock");
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Program());
        if (first is not null)
        {
            start.ArgumentList.Add(first);
        }

        if (misbehaviour is not null)
        {
            start.ArgumentList.Add("--misbehave");
            start.ArgumentList.Add(misbehaviour);
        }

        foreach (string argument in arguments.Length > 0 ? arguments : ["--id", "test", "--connection", connection ?? SocketPath])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["UDF_WORKER_CONFORMANCE"] = "1";
        if (token is not null)
        {
            start.Environment[WorkerToken.EnvironmentVariable] = token.Length > 0 ? token : Token.ToHex();
        }

        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    internal WorkerToken Token { get; }

    internal string SocketPath { get; }

    /// <summary>One whose only function tells what its start has taken.</summary>
    internal static TestWorkerProcess WithStartFigures() => new(first: "--start-figures", misbehaviour: null, connection: null, token: "");

    internal async Task<WireConnection> DialAsync()
    {
        using CancellationTokenSource limit = new(WireConnection.SafetyLimit);
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), limit.Token);
                return new WireConnection(new NetworkStream(socket, ownsSocket: true), socket);
            }
            catch (SocketException)
            {
                // Nothing tells when a process listens; it is asked again.
                socket.Dispose();
                Assert.False(_process.HasExited, "The worker has exited.");
                await Task.Delay(10, limit.Token);
            }
        }
    }

    internal async Task<WireConnection> ConnectAsync(ConnectionRole role)
    {
        WireConnection connection = await DialAsync();
        WorkerPreface answer = await connection.GreetAsync(role, Token);
        Assert.Equal(PrefaceStatus.Accepted, answer.Status);
        return connection;
    }

    internal void Terminate() => ProcessTable.Signal(_process.Id, ProcessTable.SigTerm);

    internal async Task<(int ExitCode, string Errors)> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(WireConnection.SafetyLimit);
        return (_process.ExitCode, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Program()
    {
        // tests/<this project>/bin/<configuration>/<framework>/
        string here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string framework = Path.GetFileName(here);
        string configuration = Path.GetFileName(Path.GetDirectoryName(here)!);
        string program = Path.GetFullPath(Path.Combine(here, "..", "..", "..", "..", "Udf.Worker.TestWorker", "bin", configuration, framework, "Udf.Worker.TestWorker.dll"));
        Assert.True(File.Exists(program), $"{program} is missing: build {Assembly.GetExecutingAssembly().GetName().Name} first.");
        return program;
    }
}
