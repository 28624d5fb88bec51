using System.Security.Cryptography;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>
/// Names in the abstract namespace of Linux: no file, no directory, and nothing to clean up, because a name goes with its last socket. Everybody in the network namespace may connect to one and may take one,
/// so a name cannot be guessed, and who listens there is asked for its credentials and proves its token.
/// </summary>
internal sealed class AbstractNames : ISocketAddresses
{
    /// <summary>What stands for the zero byte of an abstract name where a text is needed: as <c>--connection</c> and in messages.</summary>
    internal const char Marker = '@';

    private const string NamePrefix = "udf-worker-";
    private const int RandomDigits = 32;

    private volatile bool _isClosed;

    /// <summary>What the kernel calls an address.</summary>
    internal static string NameOf(string address) => '\0' + address[1..];

    /// <summary>Refuses systems that have no abstract namespace.</summary>
    /// <exception cref="PlatformNotSupportedException">This is one.</exception>
    internal static void ThrowIfNotSupported(bool isLinux)
    {
        if (!isLinux)
        {
            throw new PlatformNotSupportedException(NotSupported);
        }
    }

    /// <summary>Why they cannot be used on another system.</summary>
    internal static string NotSupported { get; } =
        $"{nameof(UdsWorkerOptions)}.{nameof(UdsWorkerOptions.UseAbstractSockets)} is set, and only Linux has abstract sockets. Leave it false: sockets in a private directory work everywhere.";

    public string Allocate(string workerId)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return Marker + NamePrefix + RandomNumberGenerator.GetHexString(RandomDigits, lowercase: true);
    }

    public void Release(string address)
    {
        // The name has gone with the last socket that had it.
    }

    public void Close() => _isClosed = true;
}
