using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace Udf.Worker.Direct.Internal;

/// <summary>The options as one dispatcher took them: checked, and out of reach of later changes.</summary>
internal sealed class DirectWorkerSettings
{
    private DirectWorkerSettings(DirectWorkerOptions options)
    {
        InitializationTimeout = options.InitializationTimeout;
        GracefulTerminationTimeout = options.GracefulTerminationTimeout;
        MaximumTimeout = options.MaximumTimeout;
        CallableTimeout = options.CallableTimeout;
        IsTransientEnvironmentFailure = options.IsTransientEnvironmentFailure;
        EnvironmentAttemptCount = options.EnvironmentAttemptCount;
        EnvironmentRetryDelay = options.EnvironmentRetryDelay;
        MaximumEnvironmentRetryDelay = options.MaximumEnvironmentRetryDelay;
        EnvironmentLockTimeout = options.EnvironmentLockTimeout ?? options.CallableTimeout;
        EnvironmentLockDirectory = options.EnvironmentLockDirectory is { } path ? new LockDirectory(path, isRequired: true) : options.DefaultLockDirectory;
        KillTimeout = options.KillTimeout;
        ExitNoticeTimeout = options.ExitNoticeTimeout;
        HeartbeatInterval = options.HeartbeatInterval;
        HeartbeatMisses = options.HeartbeatMisses;
        OutputDrainTimeout = options.OutputDrainTimeout;
        OutputTailLineCount = options.OutputTailLineCount;
        OutputTailBytes = options.OutputTailBytes;
        DynamicConfiguration = options.DynamicConfiguration.ToFrozenDictionary(StringComparer.Ordinal);
        ResourceDirectories = options.ResourceDirectories.ToFrozenDictionary(StringComparer.Ordinal);
        WorkingDirectory = options.WorkingDirectory;
        InheritedEnvironment = new InheritedEnvironment(options.EnvironmentInheritance, options.InheritedEnvironmentVariables);
        Limits = options.Limits;
        FailureLogDirectory = options.FailureLogDirectory;
        FailureLogBytes = options.FailureLogBytes;
        ExitTimeout = options.ExitTimeout;
        EndsWorkersOnTermination = options.EndWorkersOnTermination;
        Launcher = options.Launcher ?? LocalProcessLauncher.Instance;
        NextRandom = options.NextRandom;
        Pool = options.Pool.Copy();
    }

    public TimeSpan InitializationTimeout { get; }

    public TimeSpan GracefulTerminationTimeout { get; }

    public TimeSpan MaximumTimeout { get; }

    public TimeSpan CallableTimeout { get; }

    public Func<WorkerEnvironmentFailure, bool> IsTransientEnvironmentFailure { get; }

    public int EnvironmentAttemptCount { get; }

    public TimeSpan EnvironmentRetryDelay { get; }

    public TimeSpan MaximumEnvironmentRetryDelay { get; }

    public TimeSpan EnvironmentLockTimeout { get; }

    public LockDirectory EnvironmentLockDirectory { get; }

    public TimeSpan KillTimeout { get; }

    public TimeSpan ExitNoticeTimeout { get; }

    public TimeSpan HeartbeatInterval { get; }

    public int HeartbeatMisses { get; }

    public TimeSpan OutputDrainTimeout { get; }

    public int OutputTailLineCount { get; }

    public int OutputTailBytes { get; }

    public IReadOnlyDictionary<string, string> DynamicConfiguration { get; }

    public IReadOnlyDictionary<string, string> ResourceDirectories { get; }

    public string? WorkingDirectory { get; }

    public InheritedEnvironment InheritedEnvironment { get; }

    public WorkerLimits Limits { get; }

    public string? FailureLogDirectory { get; }

    public long FailureLogBytes { get; }

    public TimeSpan ExitTimeout { get; }

    public bool EndsWorkersOnTermination { get; }

    public IWorkerLauncher Launcher { get; }

    public Func<double> NextRandom { get; }

    public WorkerPoolOptions Pool { get; }

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionsValidationException">A value is out of its range; the message lists all that are.</exception>
    public static DirectWorkerSettings From(DirectWorkerOptions? options)
    {
        options ??= new DirectWorkerOptions();
        ValidateOptionsResult result = new DirectWorkerOptionsValidator().Validate(Options.DefaultName, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(nameof(DirectWorkerOptions), typeof(DirectWorkerOptions), result.Failures);
        }

        return new DirectWorkerSettings(options);
    }
}
