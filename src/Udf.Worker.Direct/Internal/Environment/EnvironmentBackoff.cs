namespace Udf.Worker.Direct.Internal;

/// <summary>How long to wait between the attempts at one preparation: twice as long each time, up to a cap, less a random part of up to one half.</summary>
internal static class EnvironmentBackoff
{
    /// <summary>The wait.</summary>
    /// <param name="attempts">How many attempts have failed; at least 1.</param>
    /// <param name="settings">The first wait, the cap, and the source of the random part.</param>
    public static TimeSpan After(int attempts, DirectWorkerSettings settings)
    {
        // As floating point it cannot overflow, however many attempts there are.
        double milliseconds = Math.Min(
            settings.EnvironmentRetryDelay.TotalMilliseconds * Math.Pow(2, attempts - 1),
            settings.MaximumEnvironmentRetryDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(milliseconds * (1 - (settings.NextRandom() / 2)));
    }
}
