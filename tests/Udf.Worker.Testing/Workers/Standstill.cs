namespace Udf.Worker.Testing;

/// <summary>
/// Waits until something that is carried along by others has come to a standstill. Nobody can tell a standstill from a long pause, so a measure of what has happened until then
/// can come out too small on a busy machine, and never too large: it is good for checking bounds.
/// </summary>
public static class Standstill
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Still = TimeSpan.FromMilliseconds(300);

    /// <summary>Waits until a number has not changed for a while.</summary>
    /// <returns>The number.</returns>
    public static async Task<long> OfAsync(Func<long> read)
    {
        long last = read();
        long since = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(since) < Still)
        {
            await Task.Delay(Look, TimeProvider.System);
            long now = read();
            if (now != last)
            {
                last = now;
                since = TimeProvider.System.GetTimestamp();
            }
        }

        return last;
    }
}
