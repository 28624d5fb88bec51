using System.Net.Sockets;
using System.Runtime.Versioning;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests;

/// <summary>The receiving side of a socket on Linux, with reader threads of its own, and the peer that it hears.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ReceiverRig(Socket socket, Socket peer, ReaderThreads threads) : IDisposable
{
    public Socket Socket => socket;

    public Socket Peer => peer;

    public LinuxSocketReceiver Receiver { get; } = new(socket.SafeHandle, "peer", threads) { HasOwnThread = true };

    public static Task<ReceiverRig> StartAsync(int maxThreads) => StartAsync(new ReaderThreads(maxThreads, TimeSpan.FromMilliseconds(1)));

    public static async Task<ReceiverRig> StartAsync(ReaderThreads threads)
    {
        (Socket one, Socket other) = await SocketPair.CreateAsync();
        return new ReceiverRig(one, other, threads);
    }

    public void Dispose()
    {
        Receiver.Abort();
        peer.Dispose();
        socket.Shutdown(SocketShutdown.Both);
        socket.Dispose();
    }
}
