using System.Runtime.CompilerServices;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A lease is used again, and whoever has an old use of it can do nothing with it.</summary>
public sealed class WorkerPoolLeaseTests
{
    private static readonly WorkerSessionOutcome Outcome = WorkerSessionOutcome.Finished();

#if !DEBUG // There, asynchronous methods are classes.
    [Theory]
    [InlineData(null)]
    [InlineData("tenant")]
    public async Task Acquire_WarmWorker_AllocatesNothing(string? scope)
    {
        await using var rig = new PoolRig();
        await rig.RunAsync(scope);
        WorkerPool pool = rig.Dispatcher.Pool;

        // Twice, because the first may still be compiling.
        AcquireAndRelease(pool, PoolRig.For(scope).SecurityScope, 100);
        long bytes = AcquireAndRelease(pool, PoolRig.For(scope).SecurityScope, 1_000);

        Assert.Equal(0, bytes);
        Assert.Equal((1, 1), (rig.Statistics(scope).IdleCount, rig.Statistics(scope).StartedCount));
    }
#endif

    [Fact]
    public async Task Release_ByAHandleOfAnEarlierUse_IsCaughtAndThePresentOneStands()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        FakeSession earlier = await rig.OpenAsync();
        WorkerLeaseHandle stale = earlier.Lease;
        await earlier.CloseAsync().DefaultTimeout();
        FakeSession present = await rig.OpenAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => stale.ReleaseAsync(Outcome).AsTask());
        Assert.Throws<InvalidOperationException>(() => stale.MarkInvalid(new IOException("of the earlier one")));
        Assert.Throws<InvalidOperationException>(() => stale.OnInit(new WorkerPayload("test")));

        Assert.Equal((1, 1, 0), (rig.Statistics().SessionCount, rig.Statistics().ActiveCount, rig.Statistics().IdleCount));
        await present.CloseAsync().DefaultTimeout();
        Assert.Equal(present.ProcessId, await rig.RunAsync());
    }

    [Fact]
    public async Task Release_OneHandleFromManyThreads_SucceedsOnce()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        for (int round = 0; round < Race.Rounds(200, 20_000); round++)
        {
            PoolLease lease = await rig.Dispatcher.Pool.AcquireAsync(scope: null, since: null, CancellationToken.None);
            var handle = new WorkerLeaseHandle(lease);
            int released = 0;

            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await handle.ReleaseAsync(Outcome);
                    Interlocked.Increment(ref released);
                }
                catch (InvalidOperationException)
                {
                    // Another was first.
                }
            }))).DefaultTimeout();

            Assert.Equal(1, released);
            Assert.Equal((0, 1), (rig.Statistics().SessionCount, rig.Statistics().IdleCount));
        }
    }

    [Fact]
    public async Task Return_AfterASessionOfTheHookHasDoneSo_TheCallerSeesTheHooksFailure()
    {
        await using var rig = new PoolRig();
        await rig.RunAsync();
        rig.Dispatcher.OnOpenSession = async (connection, context, token) =>
        {
            WorkerSession session = await connection.OpenSessionAsync(context, token);
            await session.CloseAsync();
            throw new NotSupportedException("not today");
        };

        await Assert.ThrowsAsync<NotSupportedException>(() => rig.OpenAsync());

        Assert.Equal((0, 1), (rig.Statistics().SessionCount, rig.Statistics().IdleCount));
    }

    [Fact]
    [Failure("a session was never closed")]
    public async Task Release_NeverAfterTheLeaseWasUsedBefore_IsFoundWhoeverKeepsTheEarlierSession()
    {
        await using var rig = new PoolRig(options => options.MaxWorkers = 1);
        rig.Dispatcher.HoldsSessions = false;
        FakeSession earlier = await rig.OpenAsync();
        await earlier.CloseAsync().DefaultTimeout();
        int forgotten = await ForgetAsync(rig);
        Assert.Equal(earlier.ProcessId, forgotten);

        Task<FakeSession> waiting = rig.BeginAsync();
        await PoolRig.UntilAsync(() =>
        {
            GC.Collect();
            return waiting.IsCompleted;
        });

        Assert.NotEqual(forgotten, (await waiting.DefaultTimeout()).ProcessId);
        Assert.Equal(1, rig.Retired(WorkerRetireReason.Abandoned));
        GC.KeepAlive(earlier);
    }

    [Fact]
    public async Task Release_OftenAndThenCollected_NothingCountsAsForgotten()
    {
        await using var rig = new PoolRig(options => options.SessionsPerWorker = 4, change: specification => specification.WithConcurrentUdfs());
        for (int round = 0; round < 20; round++)
        {
            FakeSession[] sessions = [await rig.OpenAsync(), await rig.OpenAsync(), await rig.OpenAsync()];
            await Task.WhenAll(sessions.Select(session => session.CloseAsync().AsTask())).DefaultTimeout();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal((1, 1, 0), (rig.Statistics().IdleCount, rig.Statistics().StartedCount, rig.Statistics().RetiredCounts.Count));
    }

    private static long AcquireAndRelease(WorkerPool pool, WorkerSecurityScope? scope, int count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int index = 0; index < count; index++)
        {
            ValueTask<PoolLease> acquiring = pool.AcquireAsync(scope, since: null, CancellationToken.None);
            Assert.True(acquiring.IsCompletedSuccessfully);
            ValueTask releasing = new WorkerLeaseHandle(acquiring.GetAwaiter().GetResult()).ReleaseAsync(Outcome);
            Assert.True(releasing.IsCompletedSuccessfully);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> ForgetAsync(PoolRig rig) => (await rig.OpenAsync()).ProcessId;
}
