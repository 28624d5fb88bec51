using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Connections;

public class StartPaceTests
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, 1)]
    [InlineData(640, 10)]
    [InlineData(64_000, 100)]
    public void PauseAfter_IsASixtyFourthWithinBounds(int takenMilliseconds, int pauseMilliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(pauseMilliseconds), StartPace.PauseAfter(Least, TimeSpan.FromMilliseconds(takenMilliseconds)));

    [Fact]
    public async Task PauseAsync_ManyAtOnce_EndEachNotBeforeItsTime()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(static async index =>
        {
            var pause = TimeSpan.FromMilliseconds(index % 20);
            long begun = TimeProvider.System.GetTimestamp();
            await StartPace.PauseAsync(pause, TimeProvider.System, CancellationToken.None);
            Assert.True(TimeProvider.System.GetElapsedTime(begun) >= pause);
        })).DefaultTimeout();
    }

    [Fact]
    public async Task PauseAsync_TokenHasFallen_EndsWithIt()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => StartPace.PauseAsync(TimeSpan.FromMinutes(5), TimeProvider.System, cancel.Token)).DefaultTimeout();

        Assert.Equal(cancel.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task PauseAsync_AnotherClock_GoesByThatClock()
    {
        var clock = new ManualTimeProvider();
        Task wait = StartPace.PauseAsync(Least, clock, CancellationToken.None);
        await clock.WaitForTimerAsync(Least).DefaultTimeout();
        Assert.False(wait.IsCompleted);

        clock.Advance(Least);

        await wait.DefaultTimeout();
    }

    [Fact]
    public async Task UntilAsync_SystemsClock_LooksUntilItIsThere()
    {
        int looks = 0;
        await StartPace.UntilAsync(() => Interlocked.Increment(ref looks) == 5, Least, TimeProvider.System, CancellationToken.None).DefaultTimeout();

        Assert.Equal(5, looks);
    }

    [Fact]
    public async Task UntilAsync_TokenFalls_EndsWithIt()
    {
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int looks = 0;
        using var cancel = new CancellationTokenSource();
        Task wait = StartPace.UntilAsync(Look, Least, TimeProvider.System, cancel.Token);
        await looked.Task.DefaultTimeout();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait).DefaultTimeout();

        bool Look()
        {
            if (Interlocked.Increment(ref looks) == 3)
            {
                looked.SetResult();
            }

            return false;
        }
    }

    [Fact]
    public async Task UntilAsync_AnotherClock_LooksAtItsTimers()
    {
        var clock = new ManualTimeProvider();
        bool isThere = false;
        Task wait = StartPace.UntilAsync(() => Volatile.Read(ref isThere), Least, clock, CancellationToken.None);
        await clock.WaitForTimerAsync(Least).DefaultTimeout();
        Volatile.Write(ref isThere, true);
        Assert.False(wait.IsCompleted);

        clock.Advance(Least);

        await wait.DefaultTimeout();
    }
}
