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

    internal LinuxSocket(Socket socket, string peer)
    {
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

    /// <summary>Ends what both sides wait for. The socket is closed by who calls this.</summary>
    internal void Abort()
    {
        Receiver.Abort();
        Sender.Abort();
    }
}
