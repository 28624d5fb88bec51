using Microsoft.Extensions.Options;

namespace Udf.Worker.Direct.Internal;

/// <summary>Finds every value of the options that is out of its range.</summary>
internal sealed class DirectWorkerOptionsValidator : IValidateOptions<DirectWorkerOptions>
{
    private const int MinimumTailBytes = OutputPump.MaximumLineBytes;
    private const int MaximumTailBytes = 64 * 1024 * 1024;
    private const int MaximumTailLineCount = 10_000;
    private const int MaximumAttemptCount = 100;
    private const int MaximumHeartbeatMisses = 1000;
    private const long MinimumLogBytes = 64 * 1024;
    private const long MaximumLogBytes = 1024L * 1024 * 1024 * 1024;
    private const long MinimumMemoryBytes = 1024 * 1024;
    private const int MinimumOpenFileCount = 16;
    private const int MaximumNiceness = 19;
    private static readonly TimeSpan MaximumCpuTime = TimeSpan.FromDays(10_000);

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
        Heartbeats(options, failures);
        Time(options.OutputDrainTimeout, nameof(options.OutputDrainTimeout), failures);
        Number(options.OutputTailLineCount, 1, MaximumTailLineCount, nameof(options.OutputTailLineCount), failures);
        Number(options.OutputTailBytes, MinimumTailBytes, MaximumTailBytes, nameof(options.OutputTailBytes), failures);
        Time(options.ExitTimeout, nameof(options.ExitTimeout), failures);
        Number(options.FailureLogBytes, MinimumLogBytes, MaximumLogBytes, nameof(options.FailureLogBytes), failures);
        AbsolutePath(options.FailureLogDirectory, nameof(options.FailureLogDirectory), failures);
        AbsolutePath(options.WorkingDirectory, nameof(options.WorkingDirectory), failures);
        foreach ((string directory, string path) in options.ResourceDirectories)
        {
            AbsolutePath(path, $"{nameof(options.ResourceDirectories)}['{directory}']", failures);
        }

        CheckInheritance(options, failures);
        CheckLimits(options.Limits, failures);
        WorkerPoolOptionsValidator.Validate(options.Pool, failures);

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

    private static void Heartbeats(DirectWorkerOptions options, List<string> failures)
    {
        if (options.HeartbeatInterval != Timeout.InfiniteTimeSpan && (options.HeartbeatInterval <= TimeSpan.Zero || options.HeartbeatInterval > Longest))
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{nameof(options.HeartbeatInterval)} is {options.HeartbeatInterval:c}. Write a positive time below 50 days, or Timeout.InfiniteTimeSpan for no heartbeats.");
        }

        Number(options.HeartbeatMisses, 1, MaximumHeartbeatMisses, nameof(options.HeartbeatMisses), failures);
    }

    private static void Time(TimeSpan value, string option, List<string> failures)
    {
        if (value <= TimeSpan.Zero || value > Longest)
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{option} is {value:c}. Write a positive time below 50 days; there is no endless one.");
        }
    }

    private static void CheckInheritance(DirectWorkerOptions options, List<string> failures)
    {
        if (!Enum.IsDefined(options.EnvironmentInheritance))
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{nameof(options.EnvironmentInheritance)} is {options.EnvironmentInheritance}, which is not one of its values.");
        }

        foreach (string name in options.InheritedEnvironmentVariables.Where(static name => string.IsNullOrEmpty(name) || name.AsSpan().ContainsAny('=', '\0') || name.AsSpan(0, name.Length - 1).Contains('*')))
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{nameof(options.InheritedEnvironmentVariables)} holds '{name}'. Write the name of a variable; a '*' stands only at its end.");
        }
    }

    private static void CheckLimits(WorkerLimits? limits, List<string> failures)
    {
        const string Limits = nameof(DirectWorkerOptions.Limits);
        if (limits is null)
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{Limits} is null. Write {nameof(WorkerLimits)}.{nameof(WorkerLimits.Default)} for no limits.");
            return;
        }

        Number(limits.MemoryBytes ?? MinimumMemoryBytes, MinimumMemoryBytes, long.MaxValue, $"{Limits}.{nameof(limits.MemoryBytes)}", failures);
        Number(limits.OpenFileCount ?? MinimumOpenFileCount, MinimumOpenFileCount, int.MaxValue, $"{Limits}.{nameof(limits.OpenFileCount)}", failures);
        Number(limits.FileSizeBytes ?? 0, 0, long.MaxValue, $"{Limits}.{nameof(limits.FileSizeBytes)}", failures);
        Number(limits.Niceness, 0, MaximumNiceness, $"{Limits}.{nameof(limits.Niceness)}", failures);
        if (limits.CpuTime is { } time && (time < TimeSpan.FromSeconds(1) || time > MaximumCpuTime))
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{Limits}.{nameof(limits.CpuTime)} is {time:c}. Write a time from 1 s to 10,000 days, or null for no limit.");
        }
    }

    private static void AbsolutePath(string? path, string option, List<string> failures)
    {
        if (path is not null && !Path.IsPathFullyQualified(path))
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{option} is '{path}'. Write an absolute path.");
        }
    }

    private static void Number(long value, long least, long most, string option, List<string> failures)
    {
        if (value < least || value > most)
        {
            failures.Add($"{nameof(DirectWorkerOptions)}.{option} is {value}. Write a number from {least} to {most}.");
        }
    }
}
