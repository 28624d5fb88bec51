using System.Net.Sockets;

namespace Udf.Worker.Transport.Tests;

/// <summary>Two ends of a connection over a Unix socket, as the engine and a worker have them.</summary>
internal static class SocketPair
{
    /// <param name="bufferBytes">What the kernel holds in each direction, about; 0 for its default.</param>
    internal static async Task<(Socket One, Socket Other)> CreateAsync(int bufferBytes = 0)
    {
        string path = Path.Combine(Path.GetTempPath(), "udf-pair-" + Guid.NewGuid().ToString("N")[..12]);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await one.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Socket other = await listener.AcceptAsync();
        File.Delete(path);
        if (bufferBytes > 0)
        {
            one.SendBufferSize = bufferBytes;
            other.SendBufferSize = bufferBytes;
        }

        return (one, other);
    }
}
