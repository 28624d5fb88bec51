using Microsoft.Extensions.Options;

namespace Udf.Worker.Direct.Tests;

public sealed class DirectWorkerOptionsTests
{
    [Fact]
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
    public async Task Constructor_OptionsChangeLater_DispatcherKeepsWhatItRead()
    {
        var options = new DirectWorkerOptions { InitializationTimeout = TimeSpan.FromSeconds(7) };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), options);

        options.InitializationTimeout = TimeSpan.FromSeconds(8);

        Assert.Equal("7000 ms (DirectWorkerOptions.InitializationTimeout)", dispatcher.Timeouts.Initialization.ToString());
    }
}
