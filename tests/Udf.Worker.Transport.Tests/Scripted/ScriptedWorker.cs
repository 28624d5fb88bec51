using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Udf.Worker.Protocol;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>A worker whose every byte the test decides: it listens, and hands out what was connected, in order.</summary>
internal sealed class ScriptedWorker : IAsyncDisposable
{
    private readonly Carrier _carrier;
    private readonly int _bufferBytes;
    private readonly Socket? _listener;
    private readonly EndPoint? _address;
    private readonly Channel<ScriptedConnection> _connected = Channel.CreateUnbounded<ScriptedConnection>();
    private readonly List<ScriptedConnection> _all = [];
    private readonly Task _accepting = Task.CompletedTask;
    private readonly string? _directory;
    private int _connectCount;

    /// <param name="carrier">What it is reached by.</param>
    /// <param name="bufferBytes">How much a connection holds in each direction, if anything is to be made of it; 0 for what the system gives.</param>
    public ScriptedWorker(Carrier carrier = Carrier.Memory, int bufferBytes = 0)
    {
        _carrier = carrier;
        _bufferBytes = bufferBytes;
        switch (carrier)
        {
            case Carrier.Uds:
                _directory = Directory.CreateTempSubdirectory("udf-").FullName;
                _address = new UnixDomainSocketEndPoint(Path.Combine(_directory, "w"));
                _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                break;
            case Carrier.Tcp:
                _address = new IPEndPoint(IPAddress.Loopback, 0);
                _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                break;
            case Carrier.Memory:
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(carrier), carrier, "Unknown carrier.");
        }

        Shrink(_listener);
        _listener.Bind(_address);
        _listener.Listen(512);
        _address = carrier == Carrier.Tcp ? _listener.LocalEndPoint! : _address;
        _accepting = AcceptAllAsync();
    }

    public WorkerToken Token { get; } = WorkerToken.FromBytes(Enumerable.Range(1, WorkerToken.SizeBytes).Select(value => (byte)value).ToArray());

    public int ConnectCount => Volatile.Read(ref _connectCount);

    /// <summary>Called before each attempt to connect, with its number from 1. May throw what a socket throws.</summary>
    public Func<int, CancellationToken, ValueTask> OnConnect { get; set; } = static (_, _) => default;

    /// <summary>What the engine's end of each connection is wrapped in.</summary>
    public Func<ByteChannel, ByteChannel> Wrap { get; set; } = static channel => channel;

    public WorkerEndpoint CreateEndpoint(CancellationToken exitToken = default) =>
        new("somewhere", "worker-1", Convert.FromHexString(Token.ToHex())) { ProcessId = 4711, ExitToken = exitToken };

    public async ValueTask<ByteChannel> ConnectAsync(CancellationToken cancellationToken)
    {
        await OnConnect(Interlocked.Increment(ref _connectCount), cancellationToken);
        if (_carrier == Carrier.Memory)
        {
            (DuplexStream engine, DuplexStream worker) = DuplexStream.CreatePair(_bufferBytes == 0 ? 64 * 1024 : _bufferBytes);
            Publish(new ScriptedConnection(this, worker, socket: null));
            return Wrap(new StreamByteChannel(engine, "memory"));
        }

        var socket = new Socket(_listener!.AddressFamily, SocketType.Stream, _listener.ProtocolType);
        try
        {
            Shrink(socket);
            await socket.ConnectAsync(_address!, cancellationToken);
            return Wrap(new SocketByteChannel(socket, _address!.ToString()!));
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The next connection, of which nothing has been read.</summary>
    public async Task<ScriptedConnection> AcceptRawAsync() => await _connected.Reader.ReadAsync().DefaultTimeout();

    /// <inheritdoc cref="AcceptRawAsync()"/>
    public async Task<ScriptedConnection> AcceptRawAsync(CancellationToken cancellationToken) => await _connected.Reader.ReadAsync(cancellationToken);

    /// <summary>The next connection, with its preface read and accepted.</summary>
    public async Task<ScriptedConnection> AcceptAsync(ConnectionRole role = ConnectionRole.Execute)
    {
        ScriptedConnection connection = await AcceptRawAsync();
        await connection.ReadPrefaceAsync().DefaultTimeout();
        Assert.Equal(role, connection.Preface.Role);
        await connection.AnswerAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        await _accepting;
        lock (_all)
        {
            foreach (ScriptedConnection connection in _all)
            {
                connection.Dispose();
            }
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener!.AcceptAsync();
                Publish(new ScriptedConnection(this, new NetworkStream(socket, ownsSocket: true), socket));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Publish(ScriptedConnection connection)
    {
        lock (_all)
        {
            _all.Add(connection);
        }

        _connected.Writer.TryWrite(connection);
    }

    private void Shrink(Socket socket)
    {
        if (_bufferBytes > 0)
        {
            socket.SendBufferSize = _bufferBytes;
            socket.ReceiveBufferSize = _bufferBytes;
        }
    }
}
