namespace Udf.Worker.Transport.Internal;

/// <summary>How many threads poll at the same time. More of them than there are processors to spare would take the time from whoever is to answer.</summary>
/// <remarks>Thread safe.</remarks>
internal sealed class PollingThreads(int maximum)
{
    private int _count;

    /// <summary>Those of this process: all processors but one, and none if there is only one.</summary>
    internal static PollingThreads Shared { get; } = new(Environment.ProcessorCount - 1);

    /// <summary>One more polls, if it may; <see cref="Leave"/> ends that.</summary>
    internal bool TryEnter()
    {
        int count = Volatile.Read(ref _count);
        while (count < maximum)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref _count);
}
