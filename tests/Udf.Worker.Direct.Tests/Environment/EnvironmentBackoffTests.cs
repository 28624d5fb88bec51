using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests;

public sealed class EnvironmentBackoffTests
{
    [Theory]
    [InlineData(1, 0.0, 1000)]
    [InlineData(1, 0.5, 750)]
    [InlineData(2, 0.0, 2000)]
    [InlineData(3, 0.0, 4000)]
    [InlineData(4, 0.0, 5000)]
    [InlineData(4, 0.75, 3125)]
    [InlineData(100, 0.0, 5000)]
    public void After_DoublesUpToTheCapLessARandomPart(int attempts, double random, double milliseconds)
    {
        var settings = DirectWorkerSettings.From(new DirectWorkerOptions
        {
            EnvironmentRetryDelay = TimeSpan.FromSeconds(1),
            MaximumEnvironmentRetryDelay = TimeSpan.FromSeconds(5),
            NextRandom = () => random,
        });

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), EnvironmentBackoff.After(attempts, settings));
    }
}
