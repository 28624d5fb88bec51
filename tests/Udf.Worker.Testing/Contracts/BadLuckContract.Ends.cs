using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

// Executions that are ended from outside, and consumers that take their time.
public abstract partial class BadLuckContract
{
    private async Task DispatcherClosedAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher();
        WorkerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync(dispatcher, "udf.sleep", Text("60000"))));
        Task<IReadOnlyList<ReadOnlyMemory<byte>>>[] running = [.. sessions.Select(session => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync())];

        Task closing = dispatcher.DisposeAsync().AsTask();

        foreach (Task<IReadOnlyList<ReadOnlyMemory<byte>>> results in running)
        {
            var error = await FailsAsync<WorkerException>(() => results);
            AssertSays(error, "closed");
        }

        await closing.DefaultTimeout();
        AssertNothingLeft();
        var refused = await FailsAsync<ObjectDisposedException>(() => CreateAsync(dispatcher));
        AssertSays(refused, "closed");
        foreach (WorkerSession session in sessions)
        {
            Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
        }
    }

    private async Task CancelBeforeInitAsync()
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();
        await session.CancelAsync("no longer wanted").DefaultTimeout();

        var error = await FailsAsync<OperationCanceledException>(() => session.InitAsync(Function("udf.echo")).AsTask());

        AssertSays(error, "was cancelled", "no longer wanted");
    }

    private async Task CancelInInitAsync()
    {
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();
        int worker = Trace.ProcessIds[^1];
        using var cancel = new CancellationTokenSource();
        ProcessTable.Stop(worker);
        Task<WorkerInitResult> init = session.InitAsync(Function("udf.echo", Bytes(5 * MiB)), cancel.Token).AsTask();

        var error = await FailsAsync<OperationCanceledException>(async () =>
        {
            await cancel.CancelAsync();
            await init;
        });

        Assert.Equal(cancel.Token, error.CancellationToken);
        ProcessTable.Continue(worker);
    }

    private async Task CancelInTheMiddleAsync()
    {
        await using WorkerSession session = await StartAsync("udf.sleep", Text("60000"));
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = session.ProcessAsync(Held(Bytes(10))).ReadAllAsync();

        var error = await FailsAsync<OperationCanceledException>(async () =>
        {
            await session.CancelAsync("no longer wanted");
            await results;
        });

        AssertSays(error, "was cancelled", "no longer wanted");
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task CancelAfterTheEndAsync()
    {
        await using WorkerSession session = await StartAsync("udf.echo");
        AssertSame([Bytes(10)], await session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());

        await session.CancelAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private async Task SlowConsumerAsync()
    {
        const int Count = 1000;
        await using WorkerSession session = await StartAsync("udf.generate", Text($"{Count},{64 * KiB}"));
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Stream()).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().DefaultTimeout());

        // It cannot get further than the buffers of the kernel reach, and then stands still.
        await Standstill.OfAsync(() => ProcessTable.CpuTicks(Trace.ProcessIds[^1]));

        int count = 1;
        while (await results.MoveNextAsync().DefaultTimeout())
        {
            Assert.Equal(64 * KiB, results.Current.Length);
            count++;
        }

        Assert.Equal(Count, count);
    }
}
