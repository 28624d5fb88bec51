using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>Blocking sockets with nothing on top. Buffers are the system's defaults, as in the figures that the baseline stands for.</summary>
internal static class RawSockets
{
    internal static Socket Create(EndPoint endPoint) => endPoint is UnixDomainSocketEndPoint
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

    internal static void Tune(Socket socket)
    {
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            socket.NoDelay = true;
        }
    }

    internal static void Send(Socket socket, ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            message = message[socket.Send(message)..];
        }
    }

    /// <summary>Fills the buffer.</summary>
    /// <returns>False if the connection ended before.</returns>
    internal static bool TryReceive(Socket socket, Span<byte> message)
    {
        while (!message.IsEmpty)
        {
            int count = socket.Receive(message);
            if (count == 0)
            {
                return false;
            }

            message = message[count..];
        }

        return true;
    }
}
