using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// The listening sockets of the one address that an engine gives: a socket path, on Linux also an abstract name with <c>@</c> in place of its zero byte, or a decimal port on each loopback address of the machine.
/// </summary>
internal static class EndpointListeners
{
    // Executions open connections in bursts; the kernel cuts this to its own limit.
    private const int Backlog = 512;

    private const char AbstractMarker = '@';

    /// <exception cref="WorkerStartFailure">The worker cannot listen there, or must not.</exception>
    internal static Socket[] Open(string connection, bool hasToken)
    {
        if (connection.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return [connection[0] == AbstractMarker ? OpenAbstract(connection, hasToken) : OpenUnix(connection)];
        }

        if (!hasToken)
        {
            throw new WorkerStartFailure(
                $"The connection '{connection}' is TCP, which everybody on this machine can reach. It is served only with a token in {Protocol.WorkerToken.EnvironmentVariable}.");
        }

        return int.TryParse(connection, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
            ? OpenTcp(port)
            : throw new WorkerStartFailure($"The connection '{connection}' is no TCP port: these go from 1 to {ushort.MaxValue}.");
    }

    private static Socket OpenUnix(string path)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                // The engine's directory is private; a worker that is started by hand may be given a public one. Nobody gets in between: it does not listen yet.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            listener.Listen(Backlog);
            return listener;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new WorkerStartFailure($"Cannot listen on the socket path '{path}': {exception.Message}", exception);
        }
    }

    private static Socket OpenAbstract(string connection, bool hasToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new WorkerStartFailure($"The connection '{connection}' is an abstract socket, which only Linux has. A file whose name begins with '{AbstractMarker}' is given as './{connection}'.");
        }

        if (!hasToken)
        {
            throw new WorkerStartFailure(
                $"The connection '{connection}' is an abstract socket, which everybody on this machine can reach. It is served only with a token in {Protocol.WorkerToken.EnvironmentVariable}.");
        }

        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint('\0' + connection[1..]));
            listener.Listen(Backlog);
            return listener;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            listener.Dispose();
            throw new WorkerStartFailure($"Cannot listen on the abstract socket '{connection}': {exception.Message}", exception);
        }
    }

    // All addresses or none: a stranger must not hold one of the two that an engine may try.
    private static Socket[] OpenTcp(int port)
    {
        List<Socket> listeners = [];
        try
        {
            listeners.Add(Bind(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, port)));
            if (TryBindIPv6(port) is { } second)
            {
                listeners.Add(second);
            }

            foreach (Socket listener in listeners)
            {
                listener.Listen(Backlog);
            }

            return [.. listeners];
        }
        catch (SocketException exception)
        {
            listeners.ForEach(listener => listener.Dispose());
            throw new WorkerStartFailure($"Cannot listen on port {port} of every loopback address: {exception.Message}", exception);
        }
    }

    private static Socket? TryBindIPv6(int port)
    {
        if (!Socket.OSSupportsIPv6)
        {
            return null;
        }

        try
        {
            return Bind(AddressFamily.InterNetworkV6, new IPEndPoint(IPAddress.IPv6Loopback, port));
        }
        catch (SocketException exception) when (exception.SocketErrorCode
            is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.ProtocolNotSupported)
        {
            return null;
        }
    }

    private static Socket Bind(AddressFamily family, IPEndPoint endpoint)
    {
        Socket socket = new(family, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (family == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
