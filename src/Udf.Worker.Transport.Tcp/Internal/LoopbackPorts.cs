using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>
/// Chooses ports that are free on the loopback, in both families. Another process may take one before the worker binds it: a worker that finds its port taken exits, and the dispatcher tries another.
/// </summary>
internal static class LoopbackPorts
{
    private const int MaxAttempts = 16;

    /// <summary>Finds a free port.</summary>
    /// <exception cref="WorkerStartException">There is none.</exception>
    internal static int FindFree()
    {
        SocketException? last = null;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            try
            {
                using Socket v4 = Bind(new IPEndPoint(IPAddress.Loopback, 0));
                int port = ((IPEndPoint)v4.LocalEndPoint!).Port;
                if (HasIPv6())
                {
                    using Socket v6 = Bind(new IPEndPoint(IPAddress.IPv6Loopback, port));
                }

                return port;
            }
            catch (SocketException exception)
            {
                last = exception;
            }
        }

        throw new WorkerStartException($"No free port was found on the loopback in {MaxAttempts} attempts: {last!.Message}.", isTransient: true, last);
    }

    /// <summary>Whether nobody listens at a port, in either family.</summary>
    internal static bool IsFree(int port)
    {
        try
        {
            using Socket v4 = Bind(new IPEndPoint(IPAddress.Loopback, port));
            if (HasIPv6())
            {
                using Socket v6 = Bind(new IPEndPoint(IPAddress.IPv6Loopback, port));
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether the machine has <c>::1</c>; a kernel may know the family and have no address of it.</summary>
    private static bool HasIPv6()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return false;
        }

        try
        {
            using Socket probe = Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket Bind(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
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
