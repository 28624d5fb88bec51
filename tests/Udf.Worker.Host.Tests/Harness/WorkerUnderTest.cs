using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Udf.Worker.Host.Internal;
using Udf.Worker.Protocol;
using Udf.Worker.Testing;

namespace Udf.Worker.Host.Tests;

/// <summary>A worker in this process, with the conformance functions and as many executions as a test wants.</summary>
internal sealed class WorkerUnderTest : IAsyncDisposable
{
    private readonly Carrier _carrier;
    private readonly List<WireConnection> _connections = [];
    private readonly string? _directory;
    private readonly string _path = "";
    private readonly ConnectionGate? _gate;

    internal WorkerUnderTest(Carrier carrier = Carrier.Memory, Action<UdfFunctionMap>? functions = null, Action<UdfWorkerOptions>? configure = null)
    {
        _carrier = carrier;
        UdfWorkerOptions options = new()
        {
            MaximumConcurrentExecutions = 16,
            ServesConformanceFunctions = true,
            LoggerFactory = NullLoggerFactory.Instance,
        };
        configure?.Invoke(options);
        using var random = RandomNumberGenerator.Create();
        Token = WorkerToken.Create(random);
        Host = new UdfWorkerHost(functions ?? (_ => { }), options, Token);
        if (carrier == Carrier.Unix)
        {
            _directory = Directory.CreateTempSubdirectory("udf-host-").FullName;
            _path = Path.Combine(_directory, "w.sock");
            _gate = new ConnectionGate(EndpointListeners.Open(_path, hasToken: true), Host.Worker);
            _gate.Start();
        }
    }

    internal WorkerToken Token { get; }

    internal UdfWorkerHost Host { get; }

    /// <summary>Streams that are being served, in memory.</summary>
    internal List<Task> Served { get; } = [];

    /// <summary>A connection on which nothing was sent.</summary>
    internal WireConnection Dial()
    {
        WireConnection connection;
        if (_carrier == Carrier.Unix)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(_path));
            connection = new WireConnection(new NetworkStream(socket, ownsSocket: true), socket);
        }
        else
        {
            (DuplexStream one, DuplexStream other) = DuplexStream.CreatePair(256 * 1024);
            Served.Add(Host.ServeAsync(other));
            connection = new WireConnection(one, null);
        }

        _connections.Add(connection);
        return connection;
    }

    /// <summary>An accepted connection.</summary>
    internal async Task<WireConnection> ConnectAsync(ConnectionRole role = ConnectionRole.Execute)
    {
        WireConnection connection = Dial();
        WorkerPreface answer = await connection.GreetAsync(role, Token);
        Assert.Equal(PrefaceStatus.Accepted, answer.Status);
        return connection;
    }

    internal Task<WireConnection> ManageAsync() => ConnectAsync(ConnectionRole.Manage);

    internal Task<WorkerEnd> EndedAsync() => Host.Worker.Lifetime.Ended.WaitAsync(WireConnection.SafetyLimit);

    public async ValueTask DisposeAsync()
    {
        foreach (WireConnection connection in _connections)
        {
            connection.Dispose();
        }

        await Host.DisposeAsync();
        _gate?.Dispose();
        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
