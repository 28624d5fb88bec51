using System.Net.Sockets;

namespace Udf.Worker.Transport.Internal;

/// <summary>What a socket fails with, as a channel reports it.</summary>
internal static class SocketFaults
{
    /// <summary>Whether a failure means that the connection is broken, or was aborted.</summary>
    internal static bool IsBroken(Exception exception) => exception is SocketException or ObjectDisposedException;

    /// <summary>The failure as it is reported.</summary>
    internal static IOException Broken(string peer, Exception exception) => new($"The connection to {peer} is broken: {exception.Message}", exception);
}
