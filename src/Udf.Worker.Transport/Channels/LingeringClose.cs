namespace Udf.Worker.Transport.Internal;

/// <summary>The end of a connection that one side breaks: it says its last, and leaves the other side time to read it.</summary>
internal static class LingeringClose
{
    /// <summary>How long what still comes is read and dropped.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Ends the sending direction, reads and drops until the peer ends its own or the limit has passed, and lets go of the channel. Blocks meanwhile.</summary>
    internal static void Run(ByteChannel channel, TimeProvider timeProvider)
    {
        using ITimer timer = timeProvider.CreateTimer(static state => ((ByteChannel)state!).Abort(), channel, Limit, Timeout.InfiniteTimeSpan);
        try
        {
            channel.ShutdownSend();
            byte[] dropped = GC.AllocateUninitializedArray<byte>(16 * 1024);
            while (channel.Receive(dropped) > 0)
            {
            }
        }
        catch (IOException)
        {
            // The peer is gone, or the time is over: either way there is nothing left to wait for.
        }
        finally
        {
            channel.Abort();
        }
    }
}
