using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Looks again and again whether a socket has received something, for a short while, before anybody sleeps: an answer that comes in this time wakes no thread. It costs a processor for as long. Immutable.
/// </summary>
/// <param name="limit">How long, at most.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="threads">How many may do so at once; who is one too many looks once.</param>
[SupportedOSPlatform("linux")]
internal sealed class SocketPolling(TimeSpan limit, TimeProvider timeProvider, PollingThreads threads)
{
    // Long enough to leave the processor's other half some of it, short beside the call itself.
    private const int PauseIterations = 4;

    /// <summary>Receives what is there, or comes before the limit has passed.</summary>
    /// <returns>As <see cref="LinuxSocketCalls.TryReceive"/>.</returns>
    internal int TryReceive(SafeSocketHandle socket, Span<byte> first, Span<byte> second, CancellationToken cancellationToken)
    {
        int count = LinuxSocketCalls.TryReceive(socket, first, second);
        if (count != LinuxSocketCalls.MustWait || !threads.TryEnter())
        {
            return count;
        }

        try
        {
            long began = timeProvider.GetTimestamp();
            do
            {
                Thread.SpinWait(PauseIterations);
                count = LinuxSocketCalls.TryReceive(socket, first, second);
            }
            while (count == LinuxSocketCalls.MustWait && !cancellationToken.IsCancellationRequested && timeProvider.GetElapsedTime(began) < limit);
            return count;
        }
        finally
        {
            threads.Leave();
        }
    }
}
