using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>
/// Chooses ports that are free on the loopback, in both families. Another process may take one before the worker binds it: a worker that finds its port taken exits, and the dispatcher tries another.
/// </summary>
internal static class LoopbackPorts
{
    private const int MaxAttempts = 16;

    /// <summary>The ports of all workers of this process, bound or not yet: two of them are never given the same.</summary>
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>Finds a free port, and keeps it from the other workers of this process until it is released.</summary>
    /// <exception cref="WorkerStartException">There is none.</exception>
    internal static int Reserve() => Reserve(Bind);

    /// <summary>The same, with what binds a socket.</summary>
    internal static int Reserve(Func<IPEndPoint, Socket> bind)
    {
        SocketException? last = null;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            try
            {
                using Socket v4 = bind(new IPEndPoint(IPAddress.Loopback, 0));
                int port = ((IPEndPoint)v4.LocalEndPoint!).Port;
                if (HasIPv6())
                {
                    using Socket v6 = bind(new IPEndPoint(IPAddress.IPv6Loopback, port));
                }

                if (Given.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException exception)
            {
                last = exception;
            }
        }

        throw new WorkerStartException($"No free port was found on the loopback in {MaxAttempts} attempts{(last is null ? "" : $": {last.Message}")}.", isTransient: true, last);
    }

    /// <summary>Gives a port back: its worker has ended.</summary>
    internal static void Release(int port) => Given.TryRemove(port, out _);

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
