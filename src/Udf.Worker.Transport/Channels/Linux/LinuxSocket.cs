using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// A socket by the calls of Linux. The framework's event engine never learns of it: each message would wake a thread of that engine besides the one that takes it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxSocket
{
    /// <summary>The switch that forces the portable path, for tests and for who suspects this one: <c>AppContext.SetSwitch</c>, or a property of the project's runtime configuration.</summary>
    internal const string PortableSwitch = "Udf.Worker.Transport.UsePortableSockets";

    private readonly SafeSocketHandle _socket;

    // Who sleeps inside the receive of a Unix socket is also woken, for nothing, when the peer takes what was sent to it: twice for each answer. Who asks for readiness first is not.
    private readonly bool _asksBeforeItWaits;

    internal LinuxSocket(Socket socket, string peer)
    {
        _socket = socket.SafeHandle;
        _asksBeforeItWaits = socket.AddressFamily == AddressFamily.Unix;
        Receiver = new LinuxSocketReceiver(socket.SafeHandle, peer, ReaderThreads.Shared);
        Sender = new LinuxSocketSender(socket.SafeHandle, peer);
    }

    /// <summary>Whether sockets are used in this way here. The layout of the system's structures is that of 64 bits.</summary>
    [SupportedOSPlatformGuard("linux")]
    internal static bool IsUsed { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess && BitConverter.IsLittleEndian
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64
        && !(AppContext.TryGetSwitch(PortableSwitch, out bool isPortable) && isPortable);

    internal LinuxSocketReceiver Receiver { get; }

    internal LinuxSocketSender Sender { get; }

    /// <summary>Receives what is there, or blocks for some.</summary>
    /// <returns>The number of bytes, 0 at the end of the stream.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal int Receive(Span<byte> first, Span<byte> second)
    {
        int count = Receiver.Polling is { } polling ? polling.TryReceive(_socket, first, second, CancellationToken.None) : LinuxSocketCalls.MustWait;
        bool asks = _asksBeforeItWaits;
        while (count == LinuxSocketCalls.MustWait)
        {
            if (asks)
            {
                LinuxSocketCalls.WaitReadable(_socket, Timeout.Infinite);
            }

            count = LinuxSocketCalls.TryReceive(_socket, first, second, blocks: !asks);

            // It may have been set to never wait, by somebody else's asynchronous call.
            asks = true;
        }

        return count;
    }

    /// <summary>Ends what both sides wait for. The socket is closed by who calls this.</summary>
    internal void Abort()
    {
        Receiver.Abort();
        Sender.Abort();
    }
}
