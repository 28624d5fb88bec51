namespace Udf.Worker.Direct.Internal;

/// <summary>Finds every value of the pool's options that is out of its range.</summary>
internal static class WorkerPoolOptionsValidator
{
    private const string Prefix = $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.Pool)}.";
    private const int MostWorkers = 10_000;
    private const int MostSessions = 1_000;
    private const int MostWaiting = 1_000_000;
    private const int MostDeaths = 100;
    private const long LeastMemoryBytes = 1024 * 1024;

    // The bound of the timers of the framework.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public static void Validate(WorkerPoolOptions options, List<string> failures)
    {
        Number(options.MaxWorkers, 1, MostWorkers, nameof(options.MaxWorkers), failures);
        Number(options.MinIdleWorkers, 0, Math.Clamp(options.MaxWorkers, 1, MostWorkers), nameof(options.MinIdleWorkers), failures);
        Number(options.SessionsPerWorker, 1, MostSessions, nameof(options.SessionsPerWorker), failures);
        Time(options.IdleTimeout, nameof(options.IdleTimeout), failures);
        Number(options.MaxSessionsPerWorker ?? 1, 1, int.MaxValue, nameof(options.MaxSessionsPerWorker), failures);
        Time(options.MaxWorkerAge ?? Longest, nameof(options.MaxWorkerAge), failures);
        Number(options.MaxResidentBytes ?? LeastMemoryBytes, LeastMemoryBytes, long.MaxValue, nameof(options.MaxResidentBytes), failures);
        if (options.IsFatalOutput is null)
        {
            failures.Add($"{Prefix}{nameof(options.IsFatalOutput)} is null. To look for nothing, write a function that returns false.");
        }

        Time(options.AcquireTimeout, nameof(options.AcquireTimeout), failures);
        Number(options.MaxWaiting, 0, MostWaiting, nameof(options.MaxWaiting), failures);
        Time(options.StartRetryDelay, nameof(options.StartRetryDelay), failures);
        Time(options.MaximumStartRetryDelay, nameof(options.MaximumStartRetryDelay), failures);
        Number(options.PoisonThreshold ?? 1, 1, MostDeaths, nameof(options.PoisonThreshold), failures);
        Time(options.PoisonWindow, nameof(options.PoisonWindow), failures);
    }

    private static void Time(TimeSpan value, string option, List<string> failures)
    {
        if (value <= TimeSpan.Zero || value > Longest)
        {
            failures.Add($"{Prefix}{option} is {value:c}. Write a positive time below 50 days; there is no endless one.");
        }
    }

    private static void Number(long value, long least, long most, string option, List<string> failures)
    {
        if (value < least || value > most)
        {
            failures.Add($"{Prefix}{option} is {value}. Write a number from {least} to {most}.");
        }
    }
}
