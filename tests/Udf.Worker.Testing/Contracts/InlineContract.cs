using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>Results that are read on the thread that has received them (<see cref="WorkerSessionOptions.ContinueInline"/>): the same results, and an end that does not depend on that thread.</summary>
public abstract class InlineContract : WorkerContract
{
    private const string ReaderThread = "udf-reader";

    private static readonly WorkerSessionOptions Inline = new() { ContinueInline = true };

    [Fact]
    public async Task Process_ManyBatches_ComeBackInOrder()
    {
        const int Count = 2_000;
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.echo", options: Inline);
        int next = 0;
        int onReader = 0;

        await foreach (WorkerBatch batch in session.ProcessAsync(Enumerable.Range(0, Count).Select(Number).ToAsyncEnumerable()).ConfigureAwait(false))
        {
            Assert.Equal(Number(next++).Span, batch.Span);
            onReader += Thread.CurrentThread.Name == ReaderThread ? 1 : 0;
        }

        Assert.Equal(Count, next);
        Assert.Equal(OperatingSystem.IsLinux(), onReader > 0);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
        Assert.NotEqual(ReaderThread, Thread.CurrentThread.Name);
    }

    [Fact]
    public async Task Process_ConsumerHoldsTheThreadInItsLoop_SessionIsClosedAllTheSame()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.echo", options: Inline);
        using var release = new ManualResetEventSlim();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task consumer = Task.Run(async () =>
        {
            await foreach (WorkerBatch batch in session.ProcessAsync(Endless(Bytes(64))).ConfigureAwait(false))
            {
                held.TrySetResult();
                release.Wait(TimeSpan.FromSeconds(60));
            }
        });
        await held.Task.DefaultTimeout();

        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();

        // Confirmed by the worker, and not after the time that an unanswered cancellation is given.
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        release.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.DefaultTimeout());
    }

    [Fact]
    public async Task Process_ConsumerAsksForTheNextAndNeverComesBack_SessionIsClosedAllTheSame()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.echo", options: Inline);
        using var release = new ManualResetEventSlim();
        var asked = new TaskCompletionSource<Task<bool>>(TaskCreationOptions.RunContinuationsAsynchronously);
        IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(64))).GetAsyncEnumerator();
        Task consumer = Task.Run(async () =>
        {
            Assert.True(await results.MoveNextAsync().ConfigureAwait(false));
            asked.SetResult(results.MoveNextAsync().AsTask());
            release.Wait(TimeSpan.FromSeconds(60));
        });
        Task<bool> next = await asked.Task.DefaultTimeout();
        Assert.False(next.IsCompleted);

        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.DefaultTimeout());
        release.Set();
        await consumer.DefaultTimeout();
        await results.DisposeAsync();
    }

    [Fact]
    public async Task Process_ConsumerOfAnEarlierSessionStillHoldsTheThread_NextSessionsRunAllTheSame()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher();
        using var release = new ManualResetEventSlim();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        WorkerSession first = await StartAsync(dispatcher, "udf.echo", options: Inline);
        Task consumer = Task.Run(async () =>
        {
            await foreach (WorkerBatch batch in first.ProcessAsync(Endless(Bytes(64))).ConfigureAwait(false))
            {
                held.TrySetResult();
                release.Wait(TimeSpan.FromSeconds(60));
            }
        });
        await held.Task.DefaultTimeout();
        Assert.True((await first.CloseAsync().DefaultTimeout()).IsSalvageable);

        for (int round = 0; round < 3; round++)
        {
            await using WorkerSession next = await StartAsync(dispatcher, "udf.echo", options: Inline);
            await EchoAsync(next).DefaultTimeout();
        }

        release.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.DefaultTimeout());

        static async Task EchoAsync(WorkerSession session)
        {
            int next = 0;
            await foreach (WorkerBatch batch in session.ProcessAsync(Enumerable.Range(0, 100).Select(Number).ToAsyncEnumerable()).ConfigureAwait(false))
            {
                Assert.Equal(Number(next++).Span, batch.Span);
            }

            Assert.Equal(100, next);
        }
    }

    [Fact]
    public async Task Process_PollsBeforeItWaits_SameResultsAndTheSameEnd()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithEnvironmentVariable("UDF_TEST_POLL_MICROSECONDS", "50"));
        foreach (bool isInline in (bool[])[true, false])
        {
            await using WorkerSession session = await StartAsync(dispatcher, "udf.echo", options: new WorkerSessionOptions { ContinueInline = isInline, PollBeforeWait = TimeSpan.FromMicroseconds(50) });
            int next = 0;
            await foreach (WorkerBatch batch in session.ProcessAsync(Enumerable.Range(0, 500).Select(Number).ToAsyncEnumerable()).ConfigureAwait(false))
            {
                Assert.Equal(Number(next++).Span, batch.Span);
            }

            Assert.Equal(500, next);
            Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
        }
    }

    [Fact]
    public async Task Process_ConsumerFails_IsNotLeftOnTheThread()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.fail", Text("batch:2"), Inline);

        await Assert.ThrowsAsync<WorkerUserException>(async () =>
        {
            await foreach (WorkerBatch batch in session.ProcessAsync(Stream(Bytes(8), Bytes(8), Bytes(8))).ConfigureAwait(false))
            {
            }
        });

        Assert.NotEqual(ReaderThread, Thread.CurrentThread.Name);
    }
}
