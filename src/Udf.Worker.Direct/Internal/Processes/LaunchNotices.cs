using System.Collections.Concurrent;

namespace Udf.Worker.Direct.Internal;

/// <summary>What launches in this process have to say, each thing once: said where no logger is at hand, and logged by the next one that starts a process.</summary>
internal static class LaunchNotices
{
    private static readonly ConcurrentDictionary<string, byte> Said = new(StringComparer.Ordinal);
    private static readonly ConcurrentQueue<string> Unheard = new();

    /// <summary>Says something, unless it was said before.</summary>
    public static void SayOnce(string notice)
    {
        if (Said.TryAdd(notice, 0))
        {
            Unheard.Enqueue(notice);
        }
    }

    /// <summary>Takes the next notice that nobody has logged.</summary>
    public static bool TryTake(out string notice) => Unheard.TryDequeue(out notice!);
}
