using Microsoft.Extensions.Options;

namespace Udf.Worker.Direct.Internal;

/// <summary>Finds every value of the options that is out of its range.</summary>
internal sealed class DirectWorkerOptionsValidator : IValidateOptions<DirectWorkerOptions>
{
    private const int MinimumTailBytes = OutputPump.MaximumLineBytes;
    private const int MaximumTailBytes = 64 * 1024 * 1024;
    private const int MaximumTailLineCount = 10_000;
    private const int MaximumAttemptCount = 100;

    // The bound of the timers of the framework.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public ValidateOptionsResult Validate(string? name, DirectWorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        Time(options.InitializationTimeout, nameof(options.InitializationTimeout), failures);
        Time(options.GracefulTerminationTimeout, nameof(options.GracefulTerminationTimeout), failures);
        Time(options.MaximumTimeout, nameof(options.MaximumTimeout), failures);
        Time(options.CallableTimeout, nameof(options.CallableTimeout), failures);
        EnvironmentPreparation(options, failures);
        Time(options.KillTimeout, nameof(options.KillTimeout), failures);
        Time(options.ExitNoticeTimeout, nameof(options.ExitNoticeTimeout), failures);
        Time(options.OutputDrainTimeout, nameof(options.OutputDrainTimeout), failures);
        Number(options.OutputTailLineCount, 1, MaximumTailLineCount, nameof(options.OutputTailLineCount), failures);
        Number(options.OutputTailBytes, MinimumTailBytes, MaximumTailBytes, nameof(options.OutputTailBytes), failures);
        foreach ((string directory, string path) in options.ResourceDirectories)
        {
            if (!Path.IsPathFullyQualified(path))
            {
                failures.Add($"{nameof(DirectWorkerOptions)}.{nameof(options.ResourceDirectories)}['{directory}'] is '{path}'. Write an absolute path.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void EnvironmentPreparation(DirectWorkerOptions options, List<string> failures)
    {
        if (options.IsTransientEnvironmentFailure is null)
        {
            failures.Add(
                $"{nameof(DirectWorkerOptions)}.{nameof(options.IsTransientEnvironmentFailure)} is null. The default is {nameof(WorkerEnvironmentFailure)}.{nameof(WorkerEnvironmentFailure.IsTransientByDefault)}.");
        }

        Number(options.EnvironmentAttemptCount, 1, MaximumAttemptCount, nameof(options.EnvironmentAttemptCount), failures);
        Time(options.EnvironmentRetryDelay, nameof(options.EnvironmentRetryDelay), failures);
        Time(options.MaximumEnvironmentRetryDelay, nameof(options.MaximumEnvironmentRetryDelay), failures);
        if (options.EnvironmentLockTimeout is { } limit)
        {
            Time(limit, nameof(options.EnvironmentLockTimeout), failures);
        }

        if (options.EnvironmentLockDirectory is { } directory && !Path.IsPathFullyQualified(directory))
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{nameof(options.EnvironmentLockDirectory)} is '{directory}'. Write an absolute path.");
        }
    }

    private static void Time(TimeSpan value, string option, List<string> failures)
    {
        if (value <= TimeSpan.Zero || value > Longest)
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{option} is {value:c}. Write a positive time below 50 days; there is no endless one.");
        }
    }

    private static void Number(int value, int least, int most, string option, List<string> failures)
    {
        if (value < least || value > most)
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{option} is {value}. Write a number from {least} to {most}.");
        }
    }
}
