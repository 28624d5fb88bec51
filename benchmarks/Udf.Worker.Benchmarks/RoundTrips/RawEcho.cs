using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>The baseline: an <see cref="EchoServer"/> in a process of its own, and a connected socket. Owns both.</summary>
internal sealed class RawEcho : IDisposable
{
    private readonly Process _server;
    private readonly Socket _socket;
    private readonly string? _path;

    private RawEcho(Process server, Socket socket, string? path)
    {
        _server = server;
        _socket = socket;
        _path = path;
    }

    /// <summary>The process of the server.</summary>
    internal int ProcessId => _server.Id;

    /// <summary>Starts a server for messages of this length, and connects to it over a Unix domain socket.</summary>
    internal static RawEcho OverUnixDomainSocket(int messageBytes, EchoFunction function = EchoFunction.Echo)
    {
        string path = Path.Combine(Path.GetTempPath(), $"udf-bench-{Environment.ProcessId}-{messageBytes}.sock");
        File.Delete(path);
        Process server = ThisProgram.Start(EchoServer.Mode, function.ToString(), "unix", path, messageBytes.ToString(CultureInfo.InvariantCulture));
        return Connect(server, new UnixDomainSocketEndPoint(path), path);
    }

    /// <summary>Starts a server for messages of this length, and connects to it over TCP on the loopback.</summary>
    internal static RawEcho OverTcp(int messageBytes)
    {
        Process server = ThisProgram.StartAndRead(out string port, typeof(EchoServer).Assembly.Location, EchoServer.Mode, nameof(EchoFunction.Echo), "tcp", messageBytes.ToString(CultureInfo.InvariantCulture));
        return Connect(server, new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)), path: null);
    }

    /// <summary>Opens a further connection to the server, which the caller disposes.</summary>
    internal Socket OpenFurther()
    {
        EndPoint endPoint = _socket.RemoteEndPoint!;
        Socket socket = RawSockets.Create(endPoint);
        socket.Connect(endPoint);
        RawSockets.Tune(socket);
        return socket;
    }

    /// <summary>Sends a message, and does not wait for anything but room.</summary>
    internal void Send(ReadOnlySpan<byte> message) => RawSockets.Send(_socket, message);

    /// <summary>Waits for a message.</summary>
    internal void Receive(Span<byte> message)
    {
        if (!RawSockets.TryReceive(_socket, message))
        {
            throw new InvalidOperationException("The echo server closed the connection.");
        }
    }

    /// <summary>Sends a message, and waits until all of it has come back.</summary>
    internal void RoundTrip(ReadOnlySpan<byte> message, Span<byte> answer)
    {
        Send(message);
        Receive(answer);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _server.StandardInput.Close();
        _server.WaitForExit();
        _server.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    private static RawEcho Connect(Process server, EndPoint endPoint, string? path)
    {
        Socket socket = RawSockets.Create(endPoint);
        socket.Connect(endPoint);
        RawSockets.Tune(socket);
        return new RawEcho(server, socket, path);
    }
}
