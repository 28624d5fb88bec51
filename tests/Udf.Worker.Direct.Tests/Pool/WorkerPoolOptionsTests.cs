using Microsoft.Extensions.Options;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

public class WorkerPoolOptionsTests
{
    [Fact]
    public void Validate_AllOutOfRange_ListsAllOfThem()
    {
        var options = new DirectWorkerOptions
        {
            Pool =
            {
                MinIdleWorkers = 1,
                MaxWorkers = 0,
                SessionsPerWorker = 1001,
                IdleTimeout = TimeSpan.Zero,
                MaxSessionsPerWorker = 0,
                MaxWorkerAge = TimeSpan.FromSeconds(-1),
                MaxResidentBytes = 5,
                AcquireTimeout = Timeout.InfiniteTimeSpan,
                MaxWaiting = -1,
                StartRetryDelay = TimeSpan.Zero,
                MaximumStartRetryDelay = TimeSpan.FromDays(50),
                PoisonThreshold = 0,
                PoisonWindow = TimeSpan.Zero,
            },
        };

        ValidateOptionsResult result = new DirectWorkerOptionsValidator().Validate(null, options);

        string[] expected =
        [
            "MaxWorkers is 0. Write a number from 1 to 10000.", "SessionsPerWorker is 1001", "IdleTimeout is 00:00:00", "MaxSessionsPerWorker is 0", "MaxWorkerAge is -00:00:01", "MaxResidentBytes is 5",
            "AcquireTimeout is -00:00:00.0010000", "MaxWaiting is -1", "StartRetryDelay is 00:00:00", "MaximumStartRetryDelay is 50.00:00:00", "PoisonThreshold is 0", "PoisonWindow is 00:00:00",
        ];
        Assert.Equal(expected.Length, result.Failures!.Count());
        Assert.All(expected.Zip(result.Failures!), pair => Assert.StartsWith("DirectWorkerOptions.Pool." + pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_MoreIdleThanThereMayBe_SaysTheLimit() =>
        Assert.Contains(
            "DirectWorkerOptions.Pool.MinIdleWorkers is 5. Write a number from 0 to 4.",
            new DirectWorkerOptionsValidator().Validate(null, new DirectWorkerOptions { Pool = { MinIdleWorkers = 5, MaxWorkers = 4 } }).Failures!);

    [Fact]
    public void Validate_Defaults_AreValid() => Assert.True(new DirectWorkerOptionsValidator().Validate(null, new DirectWorkerOptions()).Succeeded);

    [Theory]
    [InlineData(true, true, 4, 9, WorkerRetireReason.Sessions)]
    [InlineData(true, false, 1, 9, WorkerRetireReason.Sessions)]
    [InlineData(false, true, 1, 1, WorkerRetireReason.NoReuse)]
    [InlineData(false, false, 1, 1, WorkerRetireReason.NoReuse)]
    public void Limits_FollowWhatTheSpecificationSupports(bool isReused, bool isConcurrent, int atATime, int inAll, WorkerRetireReason reason)
    {
        var limits = PoolLimits.From(new WorkerPoolOptions { SessionsPerWorker = 4, MaxSessionsPerWorker = 9 }, isReused, isConcurrent, () => 0);

        Assert.Equal((atATime, inAll, reason), (limits.SessionsPerWorker, limits.MaxSessions, limits.MaxSessionsReason));
    }

    [Fact]
    public void Budget_WithoutPlaces_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerBudget(0));
        Assert.Equal(0, new WorkerBudget(1).WorkerCount);
    }
}
