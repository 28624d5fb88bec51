using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class HeartbeatMonitorTests : IAsyncDisposable, IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly FakeConnection _connection = new(new WorkerEndpoint("nowhere", "worker-1"));
    private int _asked;
    private int _stuck;

    public Task InitializeAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public void Heartbeats_AllAnswered_NothingHappens()
    {
        using HeartbeatMonitor monitor = Monitor(_ => ValueTask.CompletedTask);

        _clock.Advance(Interval * 10);

        Assert.Equal((10, 0), (_asked, _stuck));
        Assert.Equal(TimeSpan.Zero, monitor.SinceAnswer);
        Assert.True(monitor.HasAnsweredLately);
    }

    [Fact]
    public void Heartbeats_NoneAnswered_StuckAtTheEndOfTheLastInterval()
    {
        using HeartbeatMonitor monitor = Monitor(Never);

        _clock.Advance((Interval * 4) - Tick);
        Assert.Equal(0, _stuck);
        Assert.Equal((Interval * 4) - Tick, monitor.SinceAnswer);
        Assert.False(monitor.HasAnsweredLately);
        _clock.Advance(Tick);

        // One heartbeat was on its way all the time: a worker that does not read is not sent more and more.
        Assert.Equal((1, 1), (_asked, _stuck));
        _clock.Advance(Interval * 10);
        Assert.Equal((1, 1), (_asked, _stuck));
    }

    [Fact]
    public async Task Heartbeats_AnsweredLate_CountAnew()
    {
        var answer = new TaskCompletionSource();
        using HeartbeatMonitor monitor = Monitor(_ => new ValueTask(answer.Task));
        _clock.Advance(Interval * 3);

        answer.SetResult();
        await WaitForAnswerAsync(monitor);
        answer = new TaskCompletionSource();
        _clock.Advance(Interval * 3);

        Assert.Equal((2, 0), (_asked, _stuck));
        _clock.Advance(Interval);
        Assert.Equal((2, 1), (_asked, _stuck));
    }

    [Fact]
    public void Heartbeats_EachFailsAtOnce_AreMissesAndAskedAgain()
    {
        using HeartbeatMonitor monitor = Monitor(_ => throw new InvalidOperationException("A transport with an error."));

        _clock.Advance(Interval * 4);

        Assert.Equal((3, 1), (_asked, _stuck));
    }

    [Fact]
    public async Task Heartbeats_ConnectionIsLost_EndWithoutAWord()
    {
        using HeartbeatMonitor monitor = Monitor(Never);
        _clock.Advance(Interval * 3);

        await _connection.DisposeAsync();
        _clock.Advance(Interval * 10);

        Assert.Equal((1, 0), (_asked, _stuck));
    }

    [Fact]
    public void Heartbeats_ASessionRunsAndManageIsNotIndependent_NothingIsAskedAndNothingCounts()
    {
        using HeartbeatMonitor monitor = Monitor(Never);
        monitor.BeginSession();
        _clock.Advance(Interval * 100);
        Assert.Equal((0, 0), (_asked, _stuck));

        // Asked again from the next interval on, and once excused.
        monitor.EndSession();
        _clock.Advance(Interval * 4);
        Assert.Equal((1, 0), (_asked, _stuck));
        _clock.Advance(Interval);
        Assert.Equal((1, 1), (_asked, _stuck));
    }

    [Fact]
    public void Heartbeats_ASessionRunsAndManageIsIndependent_Count()
    {
        using HeartbeatMonitor monitor = Monitor(Never, isIndependent: true);
        monitor.BeginSession();

        _clock.Advance(Interval * 4);

        Assert.Equal((1, 1), (_asked, _stuck));
    }

    [Fact]
    public void Constructor_ConnectionCannotPing_NothingIsKnown()
    {
        using var monitor = new HeartbeatMonitor(_connection, Settings(Interval), isIndependent: true, _clock, () => _stuck++);

        _clock.Advance(Interval * 100);

        Assert.Equal((false, false, 0), (monitor.CanAsk, monitor.HasAnsweredLately, _stuck));
    }

    [Fact]
    public void Constructor_IntervalIsEndless_NothingIsAsked()
    {
        using HeartbeatMonitor monitor = Monitor(Never, interval: Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromDays(100));

        Assert.Equal((0, 0), (_asked, _stuck));
        Assert.True(monitor.CanAsk);
        Assert.False(monitor.HasAnsweredLately);
    }

    [Fact]
    public async Task Dispose_AHeartbeatIsOnItsWay_ItsWaitEndsAndNothingFollows()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        HeartbeatMonitor monitor = Monitor(async token =>
        {
            await using (token.UnsafeRegister(_ => cancelled.SetResult(), null))
            {
                await cancelled.Task;
                token.ThrowIfCancellationRequested();
            }
        });
        _clock.Advance(Interval);

        monitor.Dispose();
        monitor.Dispose();

        await cancelled.Task.DefaultTimeout();
        _clock.Advance(Interval * 100);
        Assert.Equal((1, 0), (_asked, _stuck));
    }

    [Fact]
    public async Task AnswersAsync_WorkerAnswers_IsAnAnswerLikeThatOfAHeartbeat()
    {
        using HeartbeatMonitor monitor = Monitor(_ => ValueTask.CompletedTask);
        _clock.Advance(Interval - Tick);

        Assert.True(await monitor.AnswersAsync(TimeSpan.FromSeconds(1), CancellationToken.None).DefaultTimeout());

        Assert.Equal(1, _asked);
        Assert.Equal(TimeSpan.Zero, monitor.SinceAnswer);
    }

    [Fact]
    public async Task AnswersAsync_NoAnswerInTime_SaysSo()
    {
        using HeartbeatMonitor monitor = Monitor(Never);
        Task<bool> answers = monitor.AnswersAsync(TimeSpan.FromSeconds(1), CancellationToken.None).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(await answers.DefaultTimeout());
    }

    [Fact]
    public async Task AnswersAsync_TheCallersTokenFalls_ThrowsIt()
    {
        using HeartbeatMonitor monitor = Monitor(Never);
        using var cancel = new CancellationTokenSource();
        Task<bool> answers = monitor.AnswersAsync(TimeSpan.FromSeconds(1), cancel.Token).AsTask();

        await cancel.CancelAsync();

        Assert.Equal(cancel.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => answers.DefaultTimeout())).CancellationToken);
    }

    [Fact]
    public async Task AnswersAsync_ConnectionCannotPing_TellsWhetherItIsLost()
    {
        using var monitor = new HeartbeatMonitor(_connection, Settings(Interval), isIndependent: true, _clock, () => _stuck++);
        Assert.True(await monitor.AnswersAsync(Interval, CancellationToken.None).DefaultTimeout());

        await _connection.DisposeAsync();

        Assert.False(await monitor.AnswersAsync(Interval, CancellationToken.None).DefaultTimeout());
    }

    [Fact]
    public async Task Dispose_AgainstAnIntervalAndTheEndOfASession_IsNeverFollowedByAHeartbeat() => await Race.RunAsync(Race.Rounds(normal: 500, full: 10_000), participants: 3, _ =>
    {
        var clock = new ManualTimeProvider();
        int asked = 0;
        _connection.OnPing = token =>
        {
            Interlocked.Increment(ref asked);
            return Never(token);
        };
        var monitor = new HeartbeatMonitor(_connection, Settings(Interval), isIndependent: false, clock, () => Interlocked.Increment(ref _stuck));
        monitor.BeginSession();
        return (
            [
                () => Run(monitor.Dispose),
                () => Run(() => clock.Advance(Interval)),
                () => Run(monitor.EndSession),
            ],
            () =>
            {
                int before = Volatile.Read(ref asked);
                clock.Advance(Interval * 10);
                Assert.Equal((before, 0), (Volatile.Read(ref asked), Volatile.Read(ref _stuck)));
            }
        );

        static Task Run(Action action)
        {
            action();
            return Task.CompletedTask;
        }
    });

    private static async ValueTask Never(CancellationToken token) => await Task.Delay(Timeout.InfiniteTimeSpan, token);

    private static DirectWorkerSettings Settings(TimeSpan interval) => DirectWorkerSettings.From(new DirectWorkerOptions { HeartbeatInterval = interval, HeartbeatMisses = 3 });

    private static async Task WaitForAnswerAsync(HeartbeatMonitor monitor)
    {
        while (monitor.SinceAnswer > TimeSpan.Zero)
        {
            await Task.Yield();
        }
    }

    private HeartbeatMonitor Monitor(Func<CancellationToken, ValueTask> answer, bool isIndependent = false, TimeSpan? interval = null)
    {
        _connection.OnPing = token =>
        {
            _asked++;
            return answer(token);
        };
        return new HeartbeatMonitor(_connection, Settings(interval ?? Interval), isIndependent, _clock, () => _stuck++);
    }
}
