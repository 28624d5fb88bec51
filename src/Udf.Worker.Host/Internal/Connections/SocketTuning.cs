using System.Net.Sockets;

namespace Udf.Worker.Host.Internal;

/// <summary>What accepted sockets are set to.</summary>
internal static class SocketTuning
{
    // A batch of 1 MiB goes into the kernel with one call. Smaller costs a third of the speed, larger gains nothing.
    private const int UnixSendBufferBytes = 1024 * 1024;

    internal static void Apply(Socket socket)
    {
        try
        {
            if (socket.AddressFamily == AddressFamily.Unix)
            {
                socket.SendBufferSize = UnixSendBufferBytes;
            }
            else
            {
                // Its buffers size themselves; what must not be is a small answer that waits for company.
                socket.NoDelay = true;
            }
        }
        catch (SocketException)
        {
            // Only speed is lost; and a peer that is gone is found out by whoever reads.
        }
    }
}
