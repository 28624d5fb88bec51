using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>Connects to a port of the loopback.</summary>
internal static class LoopbackConnector
{
    /// <summary>Connects, over one family first and over the other if nobody answers there.</summary>
    /// <param name="port">The port.</param>
    /// <param name="preferIPv6">Which family is the first.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    internal static async ValueTask<Socket> ConnectAsync(int port, bool preferIPv6, CancellationToken cancellationToken)
    {
        (IPAddress first, IPAddress second) = preferIPv6 ? (IPAddress.IPv6Loopback, IPAddress.Loopback) : (IPAddress.Loopback, IPAddress.IPv6Loopback);
        try
        {
            return await ConnectAsync(new IPEndPoint(first, port), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException) when (Socket.OSSupportsIPv6)
        {
            return await ConnectAsync(new IPEndPoint(second, port), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a socket has met itself: a loopback connect to a port of the ephemeral range that nobody listens at may be given that very port as its own (simultaneous open). That is no worker.
    /// </summary>
    internal static bool IsConnectedToItself(Socket socket) => Equals(socket.LocalEndPoint, socket.RemoteEndPoint);

    private static async ValueTask<Socket> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A blocking call, off the caller's thread: on the loopback it is answered at once. ConnectAsync would hand the socket to the framework's event engine for good,
            // and that wakes a thread of its own for every message that comes, though nobody waits there.
            await Task.Run(() => Connect(socket, endpoint, cancellationToken), cancellationToken).ConfigureAwait(false);
            return IsConnectedToItself(socket) ? throw new SocketException((int)SocketError.ConnectionRefused) : socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Connect(Socket socket, IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            using (cancellationToken.UnsafeRegister(static state => ((Socket)state!).Dispose(), socket))
            {
                socket.Connect(endpoint);
            }

            // The registration is over: either the socket was disposed by it, and the token says so, or nobody disposes it any more.
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The token fell while a connection was being made.", exception, cancellationToken);
        }
    }
}
