using System.Threading.Channels;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Sessions;

/// <summary>The two limits on the silence of an open stream, which are off by default.</summary>
public class FramedWorkerSessionSilenceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly WorkerSessionOptions Batch = new() { BatchTimeout = Limit, CancelTimeout = TimeSpan.FromSeconds(1) };
    private static readonly WorkerSessionOptions Idle = new() { IdleStreamTimeout = Limit, CancelTimeout = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task BatchTimeout_WorkerDoesNotAnswer_CancelsBothWaysAndFailsWithAHealthyWorker()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();

        rig.Clock!.Advance(Limit - Tick);
        Assert.Null(probe.Session.Outcome);
        Assert.Equal(WorkerSessionState.Streaming, probe.Session.State);
        rig.Clock.Advance(Tick);

        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        Assert.Equal(probe.Session.ExecutionId, (await rig.Requests.Reader.ReadAsync().DefaultTimeout()).CancelExecution.ExecutionId);
        Assert.False(next.IsCompleted);
        await probe.Wire.SendCancelledAsync();
        WorkerTimeoutException error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => next).DefaultTimeout();
        Assert.StartsWith("Worker 'worker-1' (pid 4711) at somewhere did not answer a batch within 7 s (WorkerSessionOptions.BatchTimeout).", error.Message, StringComparison.Ordinal);
        Assert.Equal((Limit, "WorkerSessionOptions.BatchTimeout"), (error.Timeout, error.Setting));
        WorkerSessionOutcome outcome = await probe.CloseAsync();
        Assert.Equal(WorkerSessionOutcomeKind.Failed, outcome.Kind);
        Assert.Same(error, outcome.Exception);
    }

    [Fact]
    public async Task BatchTimeout_TheCancellationIsNotConfirmed_TheOutcomeSaysBoth()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();
        rig.Clock!.Advance(Limit);
        await rig.Clock.WaitForTimerAsync(Batch.CancelTimeout).DefaultTimeout();

        rig.Clock.Advance(Batch.CancelTimeout);

        WorkerTimeoutException error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => next).DefaultTimeout();
        Assert.Equal("WorkerSessionOptions.BatchTimeout", error.Setting);
        WorkerSessionOutcome outcome = await probe.CloseAsync();
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        var unconfirmed = Assert.IsType<WorkerTimeoutException>(outcome.Exception);
        Assert.Equal("WorkerSessionOptions.CancelTimeout", unconfirmed.Setting);
        Assert.Same(error, unconfirmed.InnerException);
        Assert.Contains("this host ends it when the session is closed", unconfirmed.Message, StringComparison.Ordinal);
        Assert.Contains(error.Message, unconfirmed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BatchTimeout_AllIsAnswered_TheInputMayPauseForEver()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        Channel<byte[]> input = Channel.CreateUnbounded<byte[]>();
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Of(input)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        for (byte round = 1; round < 4; round++)
        {
            await input.Writer.WriteAsync([round]);
            await probe.Wire!.ReadBatchAsync().DefaultTimeout();
            await probe.Wire.SendBatchAsync(new[] { round });
            Assert.True(await next.DefaultTimeout());
            next = results.MoveNextAsync().AsTask();

            rig.Clock!.Advance(TimeSpan.FromDays(1));
            Assert.False(next.IsCompleted);
        }

        input.Writer.Complete();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await probe.Wire.SendFinishAsync();
        Assert.False(await next.DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task BatchTimeout_SeveralBatchesAreOut_EachAnswerStartsTheTimeAnewAndTheRestIsStillAwaited()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1], [2], [3]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        for (int batch = 0; batch < 3; batch++)
        {
            await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        }
        await allSent.DefaultTimeout();

        for (int answer = 0; answer < 2; answer++)
        {
            rig.Clock!.Advance(Limit - Tick);
            await probe.Wire!.SendBatchAsync(new byte[] { 9 });
            Assert.True(await next.DefaultTimeout());
            next = results.MoveNextAsync().AsTask();
        }

        rig.Clock!.Advance(Limit - Tick);
        Assert.Equal(WorkerSessionState.Streaming, probe.Session.State);
        rig.Clock.Advance(Tick);
        await AssertCancelledAsync(probe, next, "BatchTimeout");
    }

    [Fact]
    public async Task BatchTimeout_ConsumerIsSlow_ItsTimeIsNotTheWorkers()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1], [2]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await probe.Wire.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();
        await probe.Wire.SendBatchAsync(new byte[] { 9 });
        Assert.True(await next.DefaultTimeout());

        rig.Clock!.Advance(TimeSpan.FromDays(1));
        next = results.MoveNextAsync().AsTask();
        rig.Clock.Advance(Limit - Tick);

        Assert.Equal(WorkerSessionState.Streaming, probe.Session.State);
        rig.Clock.Advance(Tick);
        await AssertCancelledAsync(probe, next, "BatchTimeout");
    }

    [Fact]
    public async Task BatchTimeout_AfterTheEndOfTheInput_StillHolds()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.Of([1])).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();

        rig.Clock!.Advance(Limit);

        await AssertCancelledAsync(probe, next, "BatchTimeout");
    }

    [Fact]
    public async Task BatchTimeout_TheWorkerAnswersMoreOftenThanItIsAsked_ThatIsNoCredit()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Batch);
        Channel<byte[]> input = Channel.CreateUnbounded<byte[]>();
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Of(input)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        for (int answer = 0; answer < 5; answer++)
        {
            await probe.Wire!.SendBatchAsync(new byte[] { 9 });
            Assert.True(await next.DefaultTimeout());
            next = results.MoveNextAsync().AsTask();
        }

        await input.Writer.WriteAsync([1]);
        input.Writer.Complete();
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        rig.Clock!.Advance(Limit);

        await AssertCancelledAsync(probe, next, "BatchTimeout");
    }

    [Fact]
    public async Task IdleStreamTimeout_TheInputYieldsNothing_SaysSo()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Idle);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();
        rig.Clock!.Advance(Limit - Tick);
        await probe.Wire.SendBatchAsync(new byte[] { 1 });
        Assert.True(await next.DefaultTimeout());
        next = results.MoveNextAsync().AsTask();

        rig.Clock.Advance(Limit - Tick);
        Assert.Equal(WorkerSessionState.Streaming, probe.Session.State);
        rig.Clock.Advance(Tick);

        WorkerTimeoutException error = await AssertCancelledAsync(probe, next, "IdleStreamTimeout");
        Assert.Contains("for 7 s (WorkerSessionOptions.IdleStreamTimeout): the caller's input has yielded no batch", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task IdleStreamTimeout_TheConsumerDoesNotAsk_HearsOfItWhenItDoes()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Idle);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();
        await probe.Wire.SendBatchAsync(new byte[] { 1 });
        Assert.True(await next.DefaultTimeout());

        rig.Clock!.Advance(Limit);
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        WorkerTimeoutException error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => results.MoveNextAsync().AsTask()).DefaultTimeout();
        Assert.Contains("the consumer has not asked for a result", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task IdleStreamTimeout_TheWorkerDoesNotAnswer_SaysSo()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Idle);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();

        rig.Clock!.Advance(Limit);

        WorkerTimeoutException error = await AssertCancelledAsync(probe, next, "IdleStreamTimeout");
        Assert.Contains("the worker neither takes nor answers a batch", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task IdleStreamTimeout_TheWorkerTakesNothing_TheBatchThatIsBeingSentDoesNotCountAsPassed()
    {
        // A frame that is not taken whole does not count, and its cancellation waits behind it: the manage connection carries it first.
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 8 * 1024, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(Idle);
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.ThenWait([new byte[4 * 1024 * 1024]])).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);

        rig.Clock!.Advance(Limit);

        Assert.Equal(probe.Session.ExecutionId, (await rig.Requests.Reader.ReadAsync().DefaultTimeout()).CancelExecution.ExecutionId);

        // It reads on and drops, as a worker does after that, and has confirmed when the cancellation comes by.
        Assert.Equal(4 * 1024 * 1024, (await probe.Wire!.ReadBatchAsync().DefaultTimeout()).Length);
        WorkerTimeoutException error = await AssertCancelledAsync(probe, next, "IdleStreamTimeout");
        Assert.Contains("the worker neither takes nor answers a batch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_TheCallerCancelsFirst_TheLimitSaysNothingMore()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(new WorkerSessionOptions { BatchTimeout = Limit, IdleStreamTimeout = Limit, CancelTimeout = Limit * 2 });
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Paused([[1]], out Task allSent)).GetAsyncEnumerator();
        Task<bool> next = await AskAsync(rig, results);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await allSent.DefaultTimeout();
        await probe.Session.CancelAsync("not wanted");

        rig.Clock!.Advance(Limit);
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    /// <summary>Some batches, and then none for as long as the stream runs.</summary>
    /// <param name="batches">The batches.</param>
    /// <param name="allSent">Ends when all have been sent whole: that the worker has read them says less.</param>
    private static ScriptedInput Paused(byte[][] batches, out Task allSent)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        allSent = asked.Task;
        return new ScriptedInput
        {
            OnCurrent = index => batches[index],
            OnNext = async (index, token) =>
            {
                if (index == batches.Length)
                {
                    asked.SetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                }

                return true;
            },
        };
    }

    private static async Task<Task<bool>> AskAsync(TransportRig rig, IAsyncEnumerator<WorkerBatch> results)
    {
        Task<bool> next = results.MoveNextAsync().AsTask();
        await rig.Clock!.WaitForTimerAsync(Limit).DefaultTimeout();
        return next;
    }

    private static async Task<WorkerTimeoutException> AssertCancelledAsync(SessionProbe probe, Task next, string option)
    {
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();
        WorkerTimeoutException error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => next).DefaultTimeout();
        Assert.Equal($"WorkerSessionOptions.{option}", error.Setting);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
        return error;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Of(Channel<byte[]> channel)
    {
        await foreach (byte[] batch in channel.Reader.ReadAllAsync())
        {
            yield return batch;
        }
    }
}
