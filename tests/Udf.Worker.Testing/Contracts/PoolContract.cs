using System.Runtime.CompilerServices;
using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>What the pool does with real workers: which serve again, and which do not. Its rules are tested with Udf.Worker.Direct.</summary>
public abstract class PoolContract : WorkerContract
{
    [Fact]
    public async Task Sessions_OneAfterAnother_AreServedByOneWorker()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();

        for (int i = 0; i < 20; i++)
        {
            await EchoAsync(dispatcher);
        }

        Assert.Single(Trace.ProcessIds);
        WorkerPoolStatistics seen = Assert.Single(dispatcher.GetStatistics());
        Assert.Equal((20L, 1L, 1, 0), (seen.AcquiredCount, seen.StartedCount, seen.IdleCount, seen.ActiveCount));
    }

    [Fact]
    public async Task UserError_TheWorkerServesOn()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();
        string first = await EchoAsync(dispatcher);

        foreach (string where in (string[])["batch:1", "finish"])
        {
            await using WorkerSession session = await StartAsync(dispatcher, "udf.fail", Text(where));
            await Assert.ThrowsAsync<WorkerUserException>(() => session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());
        }

        Assert.Equal(first, await EchoAsync(dispatcher));
    }

    [Fact]
    public async Task Cancel_TheWorkerServesOn()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();
        string first = await EchoAsync(dispatcher);
        await using (WorkerSession session = await StartAsync(dispatcher, "udf.echo"))
        {
            await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(10))).GetAsyncEnumerator();
            Assert.True(await results.MoveNextAsync().DefaultTimeout());
            await session.CancelAsync("no longer needed").DefaultTimeout();
            Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
        }

        Assert.Equal(first, await EchoAsync(dispatcher));
    }

    [Fact]
    public async Task SessionNeverInitialised_TheWorkerServesOn()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();
        string first = await EchoAsync(dispatcher);
        await using (WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout())
        {
            Assert.Equal(first, session.WorkerId);
        }

        Assert.Equal(first, await EchoAsync(dispatcher));
    }

    [Fact]
    public async Task Crash_TheWorkerIsReplaced()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();
        string first = await EchoAsync(dispatcher);
        await using (WorkerSession session = await StartAsync(dispatcher, "udf.exit", Text("42")))
        {
            Assert.Equal(first, session.WorkerId);
            await Assert.ThrowsAsync<WorkerExitedException>(() => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync().DefaultTimeout());
        }

        Assert.NotEqual(first, await EchoAsync(dispatcher));
        Assert.Equal(1, Assert.Single(dispatcher.GetStatistics()).RetiredCounts[WorkerRetireReason.Died]);
    }

    [Fact]
    public async Task CancelNotConfirmed_TheWorkerIsReplaced()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();
        string first = await EchoAsync(dispatcher);
        WorkerSession session = await StartAsync(dispatcher, "udf.echo", options: new WorkerSessionOptions { CancelTimeout = TimeSpan.FromMilliseconds(200) });
        ProcessTable.Stop(Trace.ProcessIds.Single());

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);

        Assert.NotEqual(first, await EchoAsync(dispatcher));
        Assert.Equal(1, Assert.Single(dispatcher.GetStatistics()).RetiredCounts[WorkerRetireReason.Broken]);
    }

    [Fact]
    public async Task Scopes_InTurn_HaveWorkersOfTheirOwn()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();

        string[] first = [await EchoAsync(dispatcher, "a"), await EchoAsync(dispatcher, "b"), await EchoAsync(dispatcher)];
        string[] second = [await EchoAsync(dispatcher, "a"), await EchoAsync(dispatcher, "b"), await EchoAsync(dispatcher)];

        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task ConcurrentSessions_ShareAWorkerAndItsDeath()
    {
        var options = new DirectWorkerOptions();
        options.Pool.SessionsPerWorker = 4;
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithReuse().WithConcurrentUdfs(), options);
        WorkerSession[] sessions = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => await StartAsync(dispatcher, "udf.echo")))];
        try
        {
            Assert.Single(sessions.Select(session => session.WorkerId).Distinct());
            Task<IReadOnlyList<ReadOnlyMemory<byte>>>[] running = [.. sessions.Select(session => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync())];

            ProcessTable.Signal(Trace.ProcessIds.Single(), ProcessTable.SigKill);

            var errors = new List<Exception>();
            foreach (Task<IReadOnlyList<ReadOnlyMemory<byte>>> run in running)
            {
                var error = await Assert.ThrowsAsync<WorkerExitedException>(() => run.DefaultTimeout());
                Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
                errors.Add(error);
            }

            Assert.Equal(4, errors.Distinct().Count());
        }
        finally
        {
            await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask())).DefaultTimeout();
        }

        await EchoAsync(dispatcher);
    }

    [Fact]
    public async Task ConcurrentSessions_OneDoesNotEndItsCancellation_WorkerIsEndedAtOnceAndTheOtherIsToldWhy()
    {
        // The neighbour hears of the loss before the process is gone; how it ended is known once it is, which takes its time on a busy machine.
        var options = new DirectWorkerOptions { ExitNoticeTimeout = TimeSpan.FromSeconds(25) };
        options.Pool.SessionsPerWorker = 2;
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithReuse().WithConcurrentUdfs(), options);
        await using WorkerSession neighbour = await StartAsync(dispatcher, "udf.echo");
        WorkerSession spinning = await StartAsync(dispatcher, "udf.spin", options: new WorkerSessionOptions { CancelTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(neighbour.WorkerId, spinning.WorkerId);
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> other = neighbour.ProcessAsync(Held(Bytes(10))).ReadAllAsync();
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> run = spinning.ProcessAsync(Held(Bytes(10))).ReadAllAsync();

        WorkerSessionOutcome outcome = await spinning.CloseAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        await Assert.ThrowsAnyAsync<Exception>(() => run.DefaultTimeout());
        AssertNothingLeft();
        var error = await Assert.ThrowsAsync<WorkerExitedException>(() => other.DefaultTimeout());
        Assert.True(error.Exit.EndedByHost);
        Assert.Contains("WorkerSessionOptions.CancelTimeout", error.Exit.Reason, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
        await EchoAsync(dispatcher);
    }

    [Fact]
    public async Task SessionForgotten_ItsWorkerIsFoundAndTheNextCallerIsServed()
    {
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = 1;
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithReuse(), options);
        await ForgetAsync(dispatcher);

        await AssertFoundAsync(dispatcher);
    }

    [Fact]
    public async Task SessionForgottenInMidStream_ItsTokenLivesOn_ItsWorkerIsFoundAndTheNextCallerIsServed()
    {
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = 1;
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithReuse(), options);
        using var longLived = new CancellationTokenSource();
        await ForgetInMidStreamAsync(dispatcher, longLived.Token);

        await AssertFoundAsync(dispatcher);
    }

    private async Task AssertFoundAsync(DirectWorkerDispatcher dispatcher)
    {
        Task<string> next = EchoAsync(dispatcher);
        while (!next.IsCompleted)
        {
            GC.Collect();
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        await next;
        Assert.Equal(2, Trace.ProcessIds.Count);
        Assert.Contains(Trace.Logs.Entries, entry => entry.Id.Name == "SessionAbandoned");
    }

    [Fact]
    public async Task WarmUp_ThenDrain_LeavesNothing()
    {
        DirectWorkerDispatcher dispatcher = CreatePool();

        Assert.Equal(2, await dispatcher.WarmUpAsync(2).DefaultTimeout());
        await EchoAsync(dispatcher);
        Assert.Equal(2, Trace.ProcessIds.Count);

        Assert.True(await dispatcher.DrainAsync(TimeSpan.FromSeconds(30)).DefaultTimeout());
        Assert.Equal(0, dispatcher.WorkerCount);
        Assert.Empty(Trace.FindLeftovers());
    }

    private DirectWorkerDispatcher CreatePool() => CreateDispatcher(Specification().WithReuse());

    // Returns the worker.
    private static async Task<string> EchoAsync(WorkerDispatcher dispatcher, string? scope = null)
    {
        var options = new WorkerSessionOptions { SecurityScope = scope is null ? null : WorkerSecurityScope.Named(scope) };
        await using WorkerSession session = await dispatcher.CreateSessionAsync(options).DefaultTimeout();
        await session.InitAsync(Function("udf.echo")).DefaultTimeout();
        AssertSame([Bytes(100)], await session.ProcessAsync(Stream(Bytes(100))).ReadAllAsync().DefaultTimeout());
        return session.WorkerId;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetInMidStreamAsync(WorkerDispatcher dispatcher, CancellationToken token)
    {
        WorkerSession session = await StartAsync(dispatcher, "udf.echo");
        IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(10)), token).GetAsyncEnumerator(token);
        Assert.True(await results.MoveNextAsync().AsTask().DefaultTimeout());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetAsync(WorkerDispatcher dispatcher) => await StartAsync(dispatcher, "udf.echo");
}
