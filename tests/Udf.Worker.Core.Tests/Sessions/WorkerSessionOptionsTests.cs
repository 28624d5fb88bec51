namespace Udf.Worker.Core.Tests.Sessions;

public class WorkerSessionOptionsTests
{
    public static TheoryData<TimeSpan> Wrong => new(TimeSpan.Zero, TimeSpan.FromTicks(-1), TimeSpan.FromMilliseconds(uint.MaxValue), TimeSpan.MaxValue);

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Limits_NotPositiveOrTooLong_Throw(TimeSpan value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { InitTimeout = value });
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { TerminatorTimeout = value });
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { CancelTimeout = value });
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { BatchTimeout = value });
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { IdleStreamTimeout = value });
    }

    [Fact]
    public void Limits_EveryLimitThatIsAllowed_CanBeATimer()
    {
        foreach (TimeSpan value in new[] { Timeout.InfiniteTimeSpan, TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(uint.MaxValue - 1) })
        {
            var options = new WorkerSessionOptions { InitTimeout = value, TerminatorTimeout = value, CancelTimeout = value, BatchTimeout = value, IdleStreamTimeout = value };

            using var source = new CancellationTokenSource(options.InitTimeout, TimeProvider.System);
            Assert.Equal((value, value, value), (options.InitTimeout, options.TerminatorTimeout, options.CancelTimeout));
            Assert.Equal((value, value), (options.BatchTimeout, options.IdleStreamTimeout));
        }
    }

    [Fact]
    public void Limits_OfAStreamThatIsOpen_AreOffByDefault() =>
        Assert.Equal((Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), (WorkerSessionOptions.Default.BatchTimeout, WorkerSessionOptions.Default.IdleStreamTimeout));

    [Fact]
    public void PollBeforeWait_IsOffByDefaultAndBounded()
    {
        Assert.Equal(TimeSpan.Zero, WorkerSessionOptions.Default.PollBeforeWait);
        Assert.Equal(TimeSpan.FromMilliseconds(10), new WorkerSessionOptions { PollBeforeWait = TimeSpan.FromMilliseconds(10) }.PollBeforeWait);
        foreach (TimeSpan value in new[] { TimeSpan.FromTicks(-1), Timeout.InfiniteTimeSpan, TimeSpan.FromMilliseconds(10) + TimeSpan.FromTicks(1) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { PollBeforeWait = value });
        }
    }
}
