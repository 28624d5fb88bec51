using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Transport.Tcp.Tests;

/// <summary>A stranger on a port that was meant for a worker. Keeps what it is sent, and may say something itself.</summary>
internal sealed class Squatter : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly byte[] _greeting;
    private readonly Task _serving;
    private readonly MemoryStream _received = new();

    public Squatter(int port, ReadOnlySpan<byte> greeting = default)
    {
        _greeting = greeting.ToArray();
        _listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>What it was sent over all connections; to be read when it is disposed.</summary>
    public byte[] Received => _received.ToArray();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(_greeting);
                await client.GetStream().CopyToAsync(_received);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException)
        {
            // Disposed (a listener that was stopped says so as an invalid operation), or the engine has had enough of it.
        }
    }
}
