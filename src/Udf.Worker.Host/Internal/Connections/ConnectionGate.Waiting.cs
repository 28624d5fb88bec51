using System.Net.Sockets;

namespace Udf.Worker.Host.Internal;

// What the gate waits for, and how long.
internal sealed partial class ConnectionGate
{
    // By hand, as long as that takes no more lines: a generic search is compiled when it first runs, which is when the engine has just come.
    private bool IsListener(Socket socket)
    {
        foreach (Socket listener in _listeners)
        {
            if (ReferenceEquals(listener, socket))
            {
                return true;
            }
        }

        return false;
    }

    // Longer waits are cut: nothing is wrong with waking up once in half an hour.
    private static int Microseconds(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Min(wait.TotalMicroseconds, int.MaxValue);

    // How long until the next one's time is over.
    private TimeSpan DropExpired()
    {
        long now = _timeProvider.GetTimestamp();
        TimeSpan wait = Timeout.InfiniteTimeSpan;
        if (_acceptFailedAt is { } failedAt)
        {
            TimeSpan left = AcceptPause - _timeProvider.GetElapsedTime(failedAt, now);
            _acceptFailedAt = left <= TimeSpan.Zero ? null : failedAt;
            wait = left <= TimeSpan.Zero ? wait : left;
        }

        for (int index = _peers.Count - 1; index >= 0; index--)
        {
            PendingPeer peer = _peers[index];
            TimeSpan limit = peer.IsRefused ? LingerLimit : _worker.Options.PrefaceTimeout;
            if (limit == Timeout.InfiniteTimeSpan)
            {
                continue;
            }

            TimeSpan left = limit - _timeProvider.GetElapsedTime(peer.Since, now);
            if (left <= TimeSpan.Zero)
            {
                Drop(peer);
            }
            else if (wait == Timeout.InfiniteTimeSpan || left < wait)
            {
                wait = left;
            }
        }

        // A rounded-down wait would spin through the last fraction.
        return wait == Timeout.InfiniteTimeSpan ? wait : wait + TimeSpan.FromMilliseconds(1);
    }
}
