using System.Runtime.CompilerServices;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Counts the system calls of the fast path, for who measures how many a message costs. On only if the switch was set before the first of them; otherwise nothing is counted, and the compiler leaves the counting out.
/// </summary>
/// <remarks>Thread safe.</remarks>
internal static class SocketCallCounts
{
    /// <summary>The switch of <see cref="AppContext"/>.</summary>
    internal const string Switch = "Udf.Worker.Transport.CountSocketCalls";

    private static readonly bool IsOn = AppContext.TryGetSwitch(Switch, out bool isOn) && isOn;

    private static long _count;

    /// <summary>How many there were; 0 if they are not counted.</summary>
    internal static long Total => Volatile.Read(ref _count);

    /// <summary>Counts a call that is about to be made.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add()
    {
        if (IsOn)
        {
            Interlocked.Increment(ref _count);
        }
    }
}
