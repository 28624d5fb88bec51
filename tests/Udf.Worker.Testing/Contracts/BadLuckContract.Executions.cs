using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

// Executions that fail on a worker that stays healthy.
public abstract partial class BadLuckContract
{
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
