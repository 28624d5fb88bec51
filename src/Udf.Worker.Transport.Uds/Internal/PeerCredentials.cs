using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>Who listens at the other end of a connected socket: the process that called <c>listen</c>, as the kernel noted it then. See unix(7), SO_PEERCRED.</summary>
/// <param name="ProcessId">The process; 0 if it lives in a PID namespace that is not seen from here.</param>
/// <param name="UserId">The user whose rights it had.</param>
internal readonly record struct PeerCredentials(int ProcessId, uint UserId)
{
    // <asm/socket.h>: of the architectures that .NET runs on, POWER alone has another number.
    private const int SocketLevel = 1;
    private const int PeerCredentialsName = 17;
    private const int PeerCredentialsNameOnPower = 21;

    // struct ucred: pid, uid and gid, four bytes each.
    private const int CredentialBytes = 12;
    private const int UserIdOffset = 4;

    /// <summary>Asks the kernel.</summary>
    /// <returns>The credentials, or <see langword="null"/> where the system does not tell.</returns>
    internal static PeerCredentials? TryRead(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> credentials = stackalloc byte[CredentialBytes];
        int name = RuntimeInformation.ProcessArchitecture == Architecture.Ppc64le ? PeerCredentialsNameOnPower : PeerCredentialsName;
        return socket.GetRawSocketOption(SocketLevel, name, credentials) == CredentialBytes
            ? new PeerCredentials(MemoryMarshal.Read<int>(credentials), MemoryMarshal.Read<uint>(credentials[UserIdOffset..]))
            : null;
    }
}
