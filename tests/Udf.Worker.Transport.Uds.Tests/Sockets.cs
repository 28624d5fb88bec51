using System.Net.Sockets;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Plain sockets at the addresses of workers: a path, or <c>@</c> and an abstract name.</summary>
internal static class Sockets
{
    public static Socket Listen(string address)
    {
        Socket socket = Create();
        socket.Bind(EndPoint(address));
        socket.Listen();
        return socket;
    }

    public static Socket Connect(string address)
    {
        Socket socket = Create();
        socket.Connect(EndPoint(address));
        return socket;
    }

    private static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static UnixDomainSocketEndPoint EndPoint(string address) => new(address[0] == '@' ? '\0' + address[1..] : address);
}
