using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

// Executions that fail on a worker that was ready.
public abstract partial class BadLuckContract
{
    private async Task TornFrameAsync()
    {
        // The worker goes on living: that it has not ended is known only when the wait for that news is over.
        var notice = TimeSpan.FromMilliseconds(300);
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("torn-frame")), new DirectWorkerOptions { ExitNoticeTimeout = notice });
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        var error = await FailsAsync<WorkerConnectionException>(() => session.InitAsync(Function("udf.echo")).AsTask(), notice);

        AssertSays(error, "the stream ended inside a frame");
        AssertNamesTheWorker(error);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task OversizedFrameAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("oversized-frame")));
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        var error = await FailsAsync<WorkerProtocolException>(() => session.InitAsync(Function("udf.echo")).AsTask());

        AssertSays(error, "4294967295", "134217728", "MaxFrameBytes");
        AssertNamesTheWorker(error);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task WorkerKilledInInitAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("kill-in-init")));
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        var error = await FailsAsync<WorkerExitedException>(() => session.InitAsync(Function("udf.echo")).AsTask());

        AssertSays(error, "was ended by SIGKILL");
        Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
        AssertNamesTheWorker(error);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task WorkerEndsInABatchAsync(string how, string expected)
    {
        await using WorkerSession session = await StartAsync("udf.exit", Text(how));

        var error = await FailsAsync<WorkerExitedException>(() => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync());

        AssertSays(error, expected, "while a session was running on it");
        AssertNamesTheWorker(error);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task WorkerKilledFromOutsideAsync()
    {
        await using WorkerSession session = await StartAsync("udf.echo");
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(MiB))).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().DefaultTimeout());
        Task<bool> next = results.MoveNextAsync().AsTask();

        var error = await FailsAsync<WorkerExitedException>(() =>
        {
            ProcessTable.Signal(Trace.ProcessIds[^1], ProcessTable.SigKill);
            return next;
        });

        Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
        Assert.True(error.IsTransient);
        AssertNamesTheWorker(error);
    }

    private async Task UserExceptionInInitAsync()
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();

        var error = await FailsAsync<WorkerUserException>(() => session.InitAsync(Function("udf.fail", Text("init"))).AsTask());

        AssertIsTheUsers(error, WorkerExecutionPhase.Init);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task UserExceptionAsync(string place, WorkerExecutionPhase phase, int delivered)
    {
        await using WorkerSession session = await StartAsync("udf.fail", Text(place));
        int count = 0;

        var error = await FailsAsync<WorkerUserException>(async () =>
        {
            await foreach (WorkerBatch batch in session.ProcessAsync(Stream(Number(0), Number(1), Number(2), Number(3))))
            {
                Assert.Equal(Number(count++).ToArray(), batch.ToArray());
            }
        });

        Assert.Equal(delivered, count);
        AssertIsTheUsers(error, phase);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private void AssertIsTheUsers(WorkerUserException error, WorkerExecutionPhase phase)
    {
        AssertSays(error, "requested");
        Assert.Equal("requested", error.UserMessage);
        Assert.Equal(phase, error.Phase);
        Assert.Contains("RequestedException", error.ErrorClass, StringComparison.Ordinal);
        Assert.Contains("FailFunction", error.Traceback, StringComparison.Ordinal);
        AssertNamesTheWorker(error);
    }

    private async Task UnknownFunctionAsync()
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();

        var error = await FailsAsync<WorkerException>(() => session.InitAsync(Function("no.such.function")).AsTask());

        // What it does not know, and what it knows.
        AssertSays(error, "no.such.function", "udf.echo");
        AssertNamesTheWorker(error);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task UnsupportedDataFormatAsync()
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();

        var error = await FailsAsync<WorkerInitException>(() => session.InitAsync(Function("udf.echo") with { DataFormat = WorkerDataFormat.Arrow }).AsTask());

        AssertSays(error, "Arrow", "Raw", "capabilities.supportedDataFormats");
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }
}
