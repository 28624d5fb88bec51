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
            OutputTailLineCount = 0,
            OutputTailBytes = 100,
            ResourceDirectories = { ["models"] = "relative" },
        };

        string message = Assert.Throws<OptionsValidationException>(() => new FakeDispatcher(Scripts.Worker(), options)).Message;

        foreach (string name in new[] { "InitializationTimeout is 00:00:00", "CallableTimeout", "OutputTailLineCount is 0", "OutputTailBytes is 100", "ResourceDirectories['models'] is 'relative'" })
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
