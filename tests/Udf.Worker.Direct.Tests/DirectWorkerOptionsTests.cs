using Microsoft.Extensions.Options;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class DirectWorkerOptionsTests
{
    [Fact]
    [Failure("an option is not valid")]
    public void Constructor_OptionsOutOfRange_ListsAllOfThem()
    {
        var options = new DirectWorkerOptions
        {
            InitializationTimeout = TimeSpan.Zero,
            CallableTimeout = Timeout.InfiniteTimeSpan,
            IsTransientEnvironmentFailure = null!,
            EnvironmentAttemptCount = 101,
            EnvironmentRetryDelay = TimeSpan.FromSeconds(-1),
            MaximumEnvironmentRetryDelay = TimeSpan.Zero,
            EnvironmentLockTimeout = TimeSpan.Zero,
            EnvironmentLockDirectory = "locks",
            HeartbeatInterval = TimeSpan.Zero,
            HeartbeatMisses = 1001,
            OutputTailLineCount = 0,
            OutputTailBytes = 100,
            ResourceDirectories = { ["models"] = "relative" },
        };

        string message = Assert.Throws<OptionsValidationException>(() => new FakeDispatcher(Scripts.Worker(), options)).Message;

        string[] expected =
        [
            "InitializationTimeout is 00:00:00",
            "CallableTimeout",
            "IsTransientEnvironmentFailure is null",
            "EnvironmentAttemptCount is 101",
            "EnvironmentRetryDelay is -00:00:01",
            "MaximumEnvironmentRetryDelay is 00:00:00",
            "EnvironmentLockTimeout is 00:00:00",
            "EnvironmentLockDirectory is 'locks'",
            "HeartbeatInterval is 00:00:00. Write a positive time below 50 days, or Timeout.InfiniteTimeSpan",
            "HeartbeatMisses is 1001. Write a number from 1 to 1000",
            "OutputTailLineCount is 0",
            "OutputTailBytes is 100",
            "ResourceDirectories['models'] is 'relative'",
        ];
        foreach (string name in expected)
        {
            Assert.Contains($"DirectWorkerOptions.{name}", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Constructor_LaunchOptionsOutOfRange_ListsAllOfThem()
    {
        var options = new DirectWorkerOptions
        {
            ExitTimeout = TimeSpan.Zero,
            WorkingDirectory = "here",
            FailureLogDirectory = "there",
            FailureLogBytes = 1,
            EnvironmentInheritance = (WorkerEnvironmentInheritance)7,
            InheritedEnvironmentVariables = { "A=B", "*X", "" },
            Limits = new WorkerLimits { MemoryBytes = 1, OpenFileCount = 1, CpuTime = TimeSpan.FromMilliseconds(1), FileSizeBytes = -1, Niceness = 20 },
        };

        string message = Assert.Throws<OptionsValidationException>(() => new FakeDispatcher(Scripts.Worker(), options)).Message;

        foreach (string name in new[]
        {
            "ExitTimeout is 00:00:00", "WorkingDirectory is 'here'", "FailureLogDirectory is 'there'", "FailureLogBytes is 1.", "EnvironmentInheritance is 7", "InheritedEnvironmentVariables holds 'A=B'",
            "InheritedEnvironmentVariables holds '*X'", "InheritedEnvironmentVariables holds ''", "Limits.MemoryBytes is 1.", "Limits.OpenFileCount is 1.", "Limits.CpuTime is 00:00:00.001", "Limits.FileSizeBytes is -1",
            "Limits.Niceness is 20",
        })
        {
            Assert.Contains($"DirectWorkerOptions.{name}", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Constructor_LimitsAreNull_SaysWhatToWrite() =>
        Assert.Contains("WorkerLimits.Default", Assert.Throws<OptionsValidationException>(() => new FakeDispatcher(Scripts.Worker(), new DirectWorkerOptions { Limits = null! })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Constructor_OptionsChangeLater_DispatcherKeepsWhatItRead()
    {
        var options = new DirectWorkerOptions { InitializationTimeout = TimeSpan.FromSeconds(7) };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), options);

        options.InitializationTimeout = TimeSpan.FromSeconds(8);

        Assert.Equal("7000 ms (DirectWorkerOptions.InitializationTimeout)", dispatcher.Timeouts.Initialization.ToString());
    }
}
