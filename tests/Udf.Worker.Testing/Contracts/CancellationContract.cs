using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>How executions on a real worker end before their time. Each of these ends is prompt: it waits for no time limit.</summary>
public abstract class CancellationContract : WorkerContract
{
    [ContractFact]
    public async Task Cancel_BeforeInit_EndsTheSessionWithoutTheWorker()
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();

        await session.CancelAsync("changed my mind").DefaultTimeout();

        await Assert.ThrowsAsync<OperationCanceledException>(() => session.InitAsync(Function("udf.echo")).AsTask().DefaultTimeout());
        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        Assert.Equal("changed my mind", outcome.CancelReason);
    }

    [ContractTheory]
    [InlineData(0)]
    [InlineData(20 * MiB)]
    public async Task Cancel_InInit_CarriesTheCallersTokenAndTheWorkerConfirms(int payloadSize)
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();
        int worker = Assert.Single(Trace.ProcessIds);
        using var cancel = new CancellationTokenSource();

        // A worker that stands still answers nothing, so the token falls while init waits; with a large payload, while it is being sent.
        ProcessTable.Stop(worker);
        Task<WorkerInitResult> init = session.InitAsync(Function("udf.echo", Bytes(payloadSize)), cancel.Token).AsTask();
        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => init.DefaultTimeout());
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        ProcessTable.Continue(worker);
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [ContractFact]
    public async Task Cancel_WhileAFunctionSleeps_EndsAtOnce()
    {
        await using WorkerSession session = await StartAsync("udf.sleep", Text("60000"));
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = session.ProcessAsync(Held(Bytes(10))).ReadAllAsync();

        await session.CancelAsync("too slow").DefaultTimeout();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results.DefaultTimeout());
        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        Assert.Equal("too slow", outcome.CancelReason);
    }

    [ContractFact]
    [Failure("another thread cancelled or closed the session")]
    public async Task Cancel_ManyTimesFromManyThreads_IsOneCancellation()
    {
        await using WorkerSession session = await StartAsync("udf.sleep", Text("60000"));
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = session.ProcessAsync(Held(Bytes(10))).ReadAllAsync();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => session.CancelAsync().AsTask()))).DefaultTimeout();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results.DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [ContractTheory]
    [InlineData(true)]
    [InlineData(false)]
    [Failure("the caller's token fell")]
    public async Task Process_ATokenFallsInTheMiddle_TheExceptionCarriesIt(bool isTheEnumerators)
    {
        await using WorkerSession session = await StartAsync("udf.echo");
        using var cancel = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        (CancellationToken ofProcess, CancellationToken ofEnumerator) = isTheEnumerators ? (other.Token, cancel.Token) : (cancel.Token, other.Token);
        IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(10)), ofProcess).GetAsyncEnumerator(ofEnumerator);
        Assert.True(await results.MoveNextAsync().DefaultTimeout());

        Task<bool> next = results.MoveNextAsync().AsTask();
        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.DefaultTimeout());
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        await results.DisposeAsync().DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [ContractFact]
    public async Task Process_ConsumerStopsEarly_TheExecutionIsCancelled()
    {
        await using WorkerSession session = await StartAsync("udf.echo");
        ReadOnlyMemory<byte> expected = Bytes(64 * KiB);

        await foreach (WorkerBatch batch in session.ProcessAsync(Endless(expected)))
        {
            Assert.True(expected.Span.SequenceEqual(batch.Span));
            break;
        }

        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [ContractFact]
    public async Task Process_ConsumerStopsEarlyWhileTheWorkerSendsWithoutEnd_TheExecutionIsCancelled()
    {
        await using WorkerSession session = await StartAsync("udf.generate", Text("1000000,65536"));

        await foreach (WorkerBatch batch in session.ProcessAsync(Stream()))
        {
            Assert.Equal(64 * KiB, batch.Length);
            break;
        }

        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [ContractFact]
    [Failure("the input stream threw")]
    public async Task Process_InputThrows_TheSameExceptionComesOut()
    {
        var failure = new InvalidOperationException("the input is broken");
        await using WorkerSession session = await StartAsync("udf.echo");
        var input = new ScriptedInput { OnNext = (index, _) => index < 3 ? new(true) : throw failure };
        var seen = new List<byte>();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (WorkerBatch batch in session.ProcessAsync(input))
            {
                seen.Add(batch.Span[0]);
            }
        }).DefaultTimeout();

        Assert.Same(failure, thrown);
        Assert.Equal(Enumerable.Range(0, seen.Count).Select(index => (byte)index), seen);
        Assert.Equal(1, input.DisposeCount);
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [ContractFact]
    public async Task Cancel_AfterTheEnd_ChangesNothing()
    {
        await using WorkerSession session = await StartAsync("udf.echo");
        AssertSame([Bytes(10)], await session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());

        await session.CancelAsync("too late").DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await session.CloseAsync().DefaultTimeout()).Kind);
        await session.CancelAsync("much too late").DefaultTimeout();
    }

    [ContractFact]
    public async Task Close_BetweenInitAndProcess_CancelsTheExecution()
    {
        WorkerSession session = await StartAsync("udf.echo");

        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
        AssertNothingLeft();
    }
}
