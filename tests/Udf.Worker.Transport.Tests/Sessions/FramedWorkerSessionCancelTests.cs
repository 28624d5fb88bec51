using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Sessions;

public class FramedWorkerSessionCancelTests
{
    private static readonly TimeSpan CancelTimeout = WorkerSessionOptions.Default.CancelTimeout;

    [Fact]
    public async Task CancelAsync_BeforeInit_SendsNothing()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.OpenAsync();

        await probe.Session.CancelAsync("early");

        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
        Assert.Null(await probe.Wire!.ReadAsync().DefaultTimeout());
        Assert.False(rig.Requests.Reader.TryRead(out _));
    }

    [Fact]
    public async Task CancelAsync_WhileInitIsAwaited_GoesBothWays()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();

        await probe.Session.CancelAsync("why");

        Assert.Equal("why", (await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout()).Cancel.Reason);
        WorkerRequest request = await rig.Requests.Reader.ReadAsync().DefaultTimeout();
        Assert.Equal((probe.Session.ExecutionId, "why"), (request.CancelExecution.ExecutionId, request.CancelExecution.Reason));
        await probe.Wire.SendInitResponseAsync(); // On its way already.
        await probe.Wire.SendCancelledAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => initialising).DefaultTimeout();
        WorkerSessionOutcome outcome = await probe.CloseAsync();
        Assert.Equal((WorkerSessionOutcomeKind.Cancelled, "why"), (outcome.Kind, outcome.CancelReason));
    }

    [Fact]
    public async Task CancelAsync_BetweenTwoChunks_WaitsForTheFrameAndNotForTheRest()
    {
        await using TransportRig rig = await TransportRig.StartAsync(bufferBytes: 2048, options: new FramedConnectionOptions { ChunkPayloadAboveBytes = 1024 });
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", new byte[1_000_000]))).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Payload).DefaultTimeout();

        await probe.Session.CancelAsync("why");

        int chunks = 1;
        UdfRequest? request;
        while ((request = await probe.Wire.ReadAsync().DefaultTimeout())?.Control.ControlCase == UdfControlRequest.ControlOneofCase.Payload)
        {
            chunks++;
        }

        Assert.Equal(UdfControlRequest.ControlOneofCase.Cancel, request!.Control.ControlCase);
        Assert.InRange(chunks, 1, 5); // Of a thousand: what the pair in memory held, and one frame.
        await probe.Wire.SendCancelledAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => initialising).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task CancelAsync_AfterInitAndBeforeProcess_IsConfirmedWithoutAReader()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();

        await probe.Session.CancelAsync("why");
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendBatchAsync(new byte[10]); // Dropped.
        await probe.Wire.SendCancelledAsync(new CancelResponse { Metrics = new ExecutionMetrics { BatchesIn = 0 } });

        WorkerSessionOutcome outcome = await probe.CloseAsync();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        Assert.Equal(0u, outcome.Metrics!.BatchesIn);
    }

    [Fact]
    public async Task CancelAsync_WhileAFrameIsStuck_GoesOverManageAndThenClosesTheConnection()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(new byte[3_000_000]);

        await probe.Session.CancelAsync("why");
        Assert.Equal(probe.Session.ExecutionId, (await rig.Requests.Reader.ReadAsync().DefaultTimeout()).CancelExecution.ExecutionId);
        Task<WorkerSessionOutcome> closing = probe.CloseAsync();
        rig.Clock!.Advance(CancelTimeout - TimeSpan.FromTicks(1));
        Assert.False(closing.IsCompleted);
        rig.Clock.Advance(TimeSpan.FromTicks(1));

        WorkerSessionOutcome outcome = await closing.DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        Assert.Contains("CancelTimeout", Assert.IsType<WorkerTimeoutException>(outcome.Exception).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerTimeoutException>(() => results).DefaultTimeout();
        Assert.Null(await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout());
    }

    [Fact]
    public async Task CancelAsync_WhileAFrameIsStuckAndTheWorkerReadsAgain_IsConfirmed()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(new byte[3_000_000], new byte[10]);
        await probe.Session.CancelAsync("why");
        await rig.Requests.Reader.ReadAsync().DefaultTimeout();

        Assert.Equal(3_000_000, (await probe.Wire!.ReadBatchAsync().DefaultTimeout()).Length);
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_ConsumerStopsWhileAFrameIsStuck_SendsTheCancellationAndNothingElse(bool inputGoesOn)
    {
        // The end of the enumeration waits for the send turn: it must not take the cancellation's place in it, and no batch may come before that either.
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        await probe.Wire!.SendBatchAsync(new byte[] { 1 });
        byte[] batch = new byte[1_000_000];
        IAsyncEnumerable<ReadOnlyMemory<byte>> input = inputGoesOn ? Inputs.Repeat(batch, 100) : Inputs.ThenWait([batch]);
        IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(input).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().DefaultTimeout());
        Task disposing = results.DisposeAsync().AsTask();

        Assert.Equal(batch.Length, (await probe.Wire.ReadBatchAsync().DefaultTimeout()).Length);
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        await disposing.DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelAsync_MeetsFinishResponse_IsNeverReusedAndNeverHidesLostBatches(bool withBatches)
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync([1]);
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await probe.Session.CancelAsync("late");
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        if (withBatches)
        {
            await probe.Wire.SendBatchAsync(new byte[] { 1 });
        }

        await probe.Wire.SendFinishAsync();

        if (withBatches)
        {
            // The worker has finished, but not for who reads: a batch was dropped.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results).DefaultTimeout();
            Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
        }
        else
        {
            Assert.Empty(await results.DefaultTimeout());
            Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
        }

        Assert.Null(await probe.Wire.ReadAsync().DefaultTimeout());
        SessionProbe next = await rig.OpenAsync();
        Assert.NotNull(next.Wire);
    }

    [Fact]
    public async Task CancelAsync_TokenOfTheEnumerator_CarriesIt()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();
        using var cancel = new CancellationTokenSource();
        Task<bool> next = probe.Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator(cancel.Token).MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next).DefaultTimeout();
        Assert.Equal(cancel.Token, exception.CancellationToken);
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task CancelAsync_InputWaits_IsToldAtOnceAndNotWhenTheWorkerConfirms()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var input = new ScriptedInput
        {
            OnNext = async (_, token) =>
            {
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                }
                finally
                {
                    told.SetResult();
                }

                return false;
            },
        };
        Task<bool> next = probe.Session.ProcessAsync(input).GetAsyncEnumerator().MoveNextAsync().AsTask();

        await probe.Session.CancelAsync();

        await told.Task.DefaultTimeout();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next).DefaultTimeout();
        await probe.CloseAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CloseAsync_WhileProcessReads_EndsTheReader(bool confirmed)
    {
        await using TransportRig rig = await TransportRig.StartAsync(manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<bool> next = probe.Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator().MoveNextAsync().AsTask();
        Task<WorkerSessionOutcome> closing = probe.CloseAsync();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        if (confirmed)
        {
            await probe.Wire.SendCancelledAsync();
        }
        else
        {
            rig.Clock!.Advance(CancelTimeout);
        }

        Assert.Equal(confirmed ? WorkerSessionOutcomeKind.Cancelled : WorkerSessionOutcomeKind.TransportFailed, (await closing.DefaultTimeout()).Kind);
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => next).DefaultTimeout();
        Assert.True(confirmed ? exception is OperationCanceledException : exception is WorkerTimeoutException);
    }

    [Fact]
    public async Task CancelAsync_WorkerReportsAnErrorLater_DoesNotGainTime()
    {
        await using TransportRig rig = await TransportRig.StartAsync(manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        await probe.Session.CancelAsync();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        rig.Clock!.Advance(CancelTimeout / 2);
        await probe.Wire.SendErrorAsync(Wire.UserError());
        await probe.Wire.SendBatchAsync(new byte[100]);

        Task<WorkerSessionOutcome> closing = probe.CloseAsync();
        rig.Clock.Advance(CancelTimeout / 2);

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await closing.DefaultTimeout()).Kind);
    }

    [Fact]
    public async Task CancelAsync_ConsumerReadsOn_NeverSeesAGap()
    {
        // The cancellation cannot be placed behind the stuck frame, and batches still come: those that the drain drops must not be followed by any that is delivered.
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        List<byte> seen = [];
        Task reading = Task.Run(async () =>
        {
            await foreach (WorkerBatch batch in probe.Session.ProcessAsync(Inputs.Of(new byte[3_000_000])))
            {
                seen.Add(batch.Span[0]);
            }
        });
        Task writing = Task.Run(async () =>
        {
            for (int index = 0; index < 250; index++)
            {
                await probe.Wire!.SendBatchAsync(new[] { (byte)index });
                if (index == 100)
                {
                    await probe.Session.CancelAsync();
                }
            }

            await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel);
            await probe.Wire.SendCancelledAsync();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading).DefaultTimeout();
        await writing.DefaultTimeout();
        Assert.Equal(Enumerable.Range(0, seen.Count).Select(index => (byte)index), seen);
        await probe.CloseAsync();
    }
}
