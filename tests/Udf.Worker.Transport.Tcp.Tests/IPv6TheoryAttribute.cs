using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Transport.Tcp.Tests;

/// <summary>A test that needs <c>::1</c>, and is skipped with a message where the machine has none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class IPv6TheoryAttribute : TheoryAttribute
{
    public IPv6TheoryAttribute() => Skip = HasAddress() ? null : "This machine has no ::1.";

    private static bool HasAddress()
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
