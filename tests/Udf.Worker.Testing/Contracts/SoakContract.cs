using System.Collections.Concurrent;
using Udf.Worker.Direct;
using Xunit;
using Xunit.Abstractions;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// Many sessions, one after another and at once, with random ends: nothing is left, nothing hangs, and every error is one that docs/failures.md names. <c>UDF_STRESS=full</c> for the whole of it: 2,000 sessions,
/// 400 workers one after another, and 64 at once for a minute. Run without other tests beside it: descriptors are counted.
/// </summary>
public abstract class SoakContract(ITestOutputHelper output) : WorkerContract
{
    private const int Seed = 20261121;

    private static readonly int SessionCount = Race.Rounds(normal: 40, full: 2000);
    private static readonly int FreshWorkerCount = Race.Rounds(normal: 10, full: 400);
    private static readonly int LaneCount = Race.Rounds(normal: 16, full: 64);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Race.Rounds(normal: 3, full: 60));
    private static readonly TimeSpan LongestPauseBetweenKills = TimeSpan.FromMilliseconds(150);

    // With 64 workers on a few processors each of them waits for its turn. A cancellation that was lost takes as long as this, and fails the test.
    private static readonly WorkerSessionOptions Patient = new() { CancelTimeout = TimeSpan.FromSeconds(25) };

    // How sessions end, by who ended them.
    private readonly ConcurrentDictionary<string, int> _ends = new();

    [Fact]
    public Task Sessions_OneAfterAnother_LeaveNothing() => LeavesNothingAsync(() => RunInTurnAsync(CreateDispatcher(Specification().WithReuse()), SessionCount));

    [Fact]
    public Task Sessions_OneAfterAnotherOnAFreshWorkerEach_LeaveNothing() => LeavesNothingAsync(() => RunInTurnAsync(CreateDispatcher(), FreshWorkerCount));

    [Fact]
    public Task Sessions_AtOnceWithRandomKills_LeaveNothingAndSayWhatHappened() => LeavesNothingAsync(async () =>
    {
        var killer = new RandomKiller(Seed);
        // Long limits: on a machine that is this busy the news of an exit takes its time too, and an error without it is another one.
        var options = new DirectWorkerOptions { Launcher = killer, InitializationTimeout = TimeSpan.FromSeconds(25), ExitNoticeTimeout = TimeSpan.FromSeconds(25) };

        // Whoever is killed here, it is not its payload's fault. And no session waits for another: all of them run at once.
        options.Pool.PoisonThreshold = null;
        options.Pool.MaxWorkers = LaneCount;
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithReuse(), options);
        using var stop = new CancellationTokenSource(Duration, TimeProvider.System);
        Task killing = killer.RunAsync(LongestPauseBetweenKills, stop.Token);

        await Task.WhenAll(Enumerable.Range(0, LaneCount).Select(lane => Task.Run(async () =>
        {
            var random = new Random(Seed + lane);
            while (!stop.IsCancellationRequested)
            {
                await RunAsync(dispatcher, random);
            }
        })));
        await killing.DefaultTimeout();

        output.WriteLine($"{killer.LaunchCount} workers, {killer.KillCount} kills");
        Assert.Contains("finished", _ends.Keys);
        Assert.Contains("WorkerExitedException: killed", _ends.Keys);
    });

    private async Task LeavesNothingAsync(Func<Task> run)
    {
        await WarmUpAsync();
        using var directory = TestDirectory.Enter();
        var before = HostFootprint.Take();
        long begun = TimeProvider.System.GetTimestamp();

        await run();

        output.WriteLine($"{_ends.Values.Sum()} sessions in {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:F1} s");
        foreach ((string end, int count) in _ends.OrderByDescending(pair => pair.Value))
        {
            output.WriteLine($"{count,6} {end}");
        }

        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(await before.FindDifferenceAsync());
    }

    private async Task RunInTurnAsync(WorkerDispatcher dispatcher, int count)
    {
        var random = new Random(Seed);
        for (int index = 0; index < count; index++)
        {
            await RunAsync(dispatcher, random);
        }
    }

    /// <summary>One session, and what became of it.</summary>
    private async Task RunAsync(WorkerDispatcher dispatcher, Random random)
    {
        string end;
        try
        {
            await using WorkerSession session = await dispatcher.CreateSessionAsync(Patient).DefaultTimeout();
            await UseAsync(session, random).DefaultTimeout();
            end = "finished";
        }
        catch (Exception exception) when (EndOf(exception) is { } known)
        {
            end = known;
        }

        _ends.AddOrUpdate(end, 1, static (_, count) => count + 1);
    }

    private static async Task UseAsync(WorkerSession session, Random random)
    {
        ReadOnlyMemory<byte>[] batches = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Bytes(random.Next(64 * KiB)))];
        switch (random.Next(6))
        {
            case 0:
                // Closed without having been used.
                return;
            case 1:
                await session.InitAsync(Function("udf.fail", Text("finish")));
                await session.ProcessAsync(Stream(batches)).ReadAllAsync();
                return;
            case 2:
                await session.InitAsync(Function("udf.sleep", Text("60000")));
                Task results = session.ProcessAsync(Held(Bytes(10))).ReadAllAsync();
                await session.CancelAsync();
                await results;
                return;
            case 3:
                await session.InitAsync(Function("udf.generate", Text($"20,{64 * KiB}")));
                await foreach (WorkerBatch batch in session.ProcessAsync(Stream()))
                {
                    // Left in the middle.
                    return;
                }

                return;
            default:
                await session.InitAsync(Function("udf.echo"));
                AssertSame(batches, await session.ProcessAsync(Stream(batches)).ReadAllAsync());
                return;
        }
    }

    /// <summary>What an exception stands for, if it is one that this soak may meet; every other one fails the test.</summary>
    private static string? EndOf(Exception exception) => exception switch
    {
        WorkerUserException { UserMessage: "requested" } => "the function failed",
        OperationCanceledException => "cancelled",
        WorkerExitedException { Exit: { Signal: "SIGKILL", EndedByHost: false } } => "WorkerExitedException: killed",
        WorkerStartException { Exit: { Signal: "SIGKILL", EndedByHost: false } } => "WorkerStartException: killed",
        _ => null,
    };
}
