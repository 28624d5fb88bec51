using System.Runtime.CompilerServices;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Sessions;

public class FramedWorkerSessionStreamTests
{
    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Uds)]
    [InlineData(Carrier.Tcp)]
    public async Task ProcessAsync_BatchesOfAllSizes_ComeBackInOrder(Carrier carrier)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier);
        SessionProbe probe = await rig.InitializedAsync();
        Task serving = ServeRunningAsync(probe.Wire!, static batch => [batch]);
        byte[][] batches = [.. new[] { 0, 1, 48, 16_368, 16_369, 65_519, 65_520, 65_521, 300_000, 2_000_000, 5 }.Select((size, seed) => Wire.Pattern(size, seed))];

        List<byte[]> results = await probe.CollectAsync(batches).DefaultTimeout();

        Assert.Equal(batches, results);
        WorkerSessionOutcome outcome = await probe.CloseAsync();
        Assert.Equal(WorkerSessionOutcomeKind.Finished, outcome.Kind);
        await rig.DisposeAsync();
        await serving.DefaultTimeout();
    }

    [Fact]
    public async Task ProcessAsync_FunctionAnswersBeforeItIsAsked_AllIsDelivered()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.InitializedAsync();
        for (int index = 0; index < 3; index++)
        {
            await probe.Wire!.SendBatchAsync(new[] { (byte)index });
        }

        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator();
        for (int index = 0; index < 3; index++)
        {
            Assert.True(await results.MoveNextAsync().DefaultTimeout());
            Assert.Equal([(byte)index], results.Current.ToArray());
        }

        Task<bool> next = results.MoveNextAsync().AsTask();
        await probe.Session.CancelAsync("enough");
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next).DefaultTimeout();
        Assert.Equal("enough", (await probe.CloseAsync()).CancelReason);
    }

    [Fact]
    public async Task ProcessAsync_AfterTheEnd_SaysFalseAgainAndAgain()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.Of()).GetAsyncEnumerator();
        Task<bool> end = results.MoveNextAsync().AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await probe.Wire.SendFinishAsync(new FinishResponse { Data = ByteString.CopyFrom(7), Metrics = new ExecutionMetrics { RowsIn = 3, WorkWallNanos = ulong.MaxValue } });
        Assert.False(await end.DefaultTimeout());

        for (int index = 0; index < 5; index++)
        {
            Assert.False(await results.MoveNextAsync().DefaultTimeout());
        }

        WorkerSessionOutcome outcome = await probe.CloseAsync();
        Assert.Equal([7], outcome.Data!.Value.ToArray());
        Assert.Equal(3u, outcome.Metrics!.RowsIn);
        Assert.NotNull(outcome.Metrics.WorkTime);
    }

    [Fact]
    public async Task ProcessAsync_BatchesInOddEncodings_AreTheSameBatches()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.InitializedAsync();
        byte[][] messages =
        [
            new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFrom(1) } }.ToByteArray(), // The shortest lengths.
            [0x12, 6, 0x0A, 1, 7, 0x0A, 1, 2], // The payload twice: the last counts.
            [0x12, 3, 0x0A, 1, 3, 0x78, 1], // An unknown field behind it.
            [0x78, 1, 0x12, 3, 0x0A, 1, 4], // An unknown field before it.
            [0x12, 0x00], // No payload.
            [0x12, 0x84, 0x80, 0x80, 0x80, 0x00, 0x0A, 0x81, 0x00, 5], // Lengths of odd width.
            [0x12, 0, 0x12, 3, 0x0A, 1, 6], // The batch in two parts, which are merged.
            [0x0A, 0, 0x12, 3, 0x0A, 1, 7], // A control message overridden by the batch.
        ];
        foreach (byte[] message in messages)
        {
            await probe.Wire!.WriteAsync(Wire.Frame(message));
        }

        Task serving = ServeRunningAsync(probe.Wire!, static _ => []);
        List<byte[]> results = await probe.CollectAsync().DefaultTimeout();

        Assert.Equal([[1], [2], [3], [4], [], [5], [6], [7]], results);
        await probe.CloseAsync();
        await rig.DisposeAsync();
        await serving.DefaultTimeout();
    }

    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Uds)]
    [InlineData(Carrier.Tcp)]
    public async Task ProcessAsync_TwentyMebibytesForOneAndASlowConsumer_NeverDeadlocks(Carrier carrier)
    {
        // The worker is one blocking loop: while it writes its twenty answers it reads nothing, and the engine's next batch does not fit the socket.
        await using TransportRig rig = await TransportRig.StartAsync(carrier, bufferBytes: carrier == Carrier.Memory ? 0 : 64 * 1024);
        SessionProbe probe = await rig.InitializedAsync();
        byte[] batch = Wire.Pattern(1024 * 1024);
        Task serving = Task.Run(() => ServeRunningAsync(probe.Wire!, static batch => Enumerable.Repeat(batch, 20)));
        int count = 0;

        await foreach (WorkerBatch result in probe.Session.ProcessAsync(Inputs.Repeat(batch, 4)))
        {
            Assert.Equal(batch.Length, result.Length);
            Assert.True(result.Span.SequenceEqual(batch));
            count++;
            if (count % 10 == 0)
            {
                // Slow, without sleeping: others get the processor.
                await Task.Yield();
                Thread.SpinWait(100_000);
            }
        }

        Assert.Equal(80, count);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
        await rig.DisposeAsync();
        await serving.DefaultTimeout();
    }

    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Uds)]
    [InlineData(Carrier.Tcp)]
    public async Task ProcessAsync_WorkerSendsMoreThanIsRead_HoldsABoundedAmount(Carrier carrier)
    {
        const int batchBytes = 64 * 1024;
        const int count = 400;
        const int heldBytes = FrameAssembler.WindowBytes + batchBytes + DataMessage.FramePrefixBytes;
        await using TransportRig rig = await TransportRig.StartAsync(carrier, bufferBytes: 64 * 1024);
        CountingByteChannel? received = null;
        rig.Worker.Wrap = channel => received = new CountingByteChannel(channel);
        SessionProbe probe = await rig.InitializedAsync();
        Task writing = Task.Run(async () =>
        {
            for (int index = 0; index < count; index++)
            {
                await probe.Wire!.SendBatchAsync(Wire.Pattern(batchBytes, index));
            }
        });

        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.Of()).GetAsyncEnumerator();
        for (int index = 0; index < count; index++)
        {
            Assert.True(await results.MoveNextAsync().DefaultTimeout());
            Assert.True(results.Current.Span.SequenceEqual(Wire.Pattern(batchBytes, index)));

            // Whatever the worker has sent by now, the engine has taken what was asked for, and a window more at most. The kernel bounds the rest.
            Assert.InRange(received!.ReceivedBytes - ((long)index * batchBytes), 0, heldBytes);
            if (index == 20)
            {
                Assert.False(writing.IsCompleted);
            }
        }

        await writing.DefaultTimeout();
        Task<bool> end = results.MoveNextAsync().AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await probe.Wire.SendFinishAsync();
        Assert.False(await end.DefaultTimeout());
        await probe.CloseAsync();
    }

    [Theory]
    [InlineData(1024 - 11, true)]
    [InlineData(1024 - 10, false)]
    [Failure("a batch is longer than the worker takes")]
    public async Task ProcessAsync_BatchAtTheLimitOfTheWorker_IsSentAndALongerOneIsNot(int batchBytes, bool fits)
    {
        await using TransportRig rig = await TransportRig.StartAsync(workerMaxFrameBytes: 1024);
        SessionProbe probe = await rig.InitializedAsync();
        Task serving = ServeRunningAsync(probe.Wire!, static batch => [batch]);

        Task<List<byte[]>> results = probe.CollectAsync(new byte[batchBytes]);

        if (fits)
        {
            Assert.Equal(batchBytes, Assert.Single(await results.DefaultTimeout()).Length);
            Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
        }
        else
        {
            WorkerProtocolException exception = await Assert.ThrowsAsync<WorkerProtocolException>(() => results).DefaultTimeout();
            Assert.Contains("1024", exception.Message, StringComparison.Ordinal);
            Assert.Contains("worker-1", exception.Message, StringComparison.Ordinal);

            // The worker has done nothing wrong, and goes on to the next.
            Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
        }

        await rig.DisposeAsync();
        await serving.DefaultTimeout();
    }

    [Fact]
    public async Task ProcessAsync_ErrorOnTheFirstOfThreeBatches_ComesOutWithItsStructure()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync([1], [2], [3]);
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await probe.Wire.SendErrorAsync(Wire.UserError("requested", "UdfError"));
        await probe.Wire.SendBatchAsync(new byte[] { 1 }); // Dropped.
        await probe.Wire.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync(new CancelResponse { Error = Wire.WorkerError("while cleaning up") });

        WorkerUserException exception = await Assert.ThrowsAsync<WorkerUserException>(() => results).DefaultTimeout();

        Assert.Equal(("requested", "UdfError", WorkerExecutionPhase.Data), (exception.UserMessage, exception.ErrorClass, exception.Phase));
        Assert.Contains("while cleaning up", (string)exception.Data["Suppressed"]!, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task ProcessAsync_ErrorWhileAFrameIsStuck_FinishesTheFrameThenCancels()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(new byte[3_000_000], new byte[10]);

        // Nothing is read before the error is out.
        await probe.Wire!.SendErrorAsync(Wire.UserError());
        Assert.Equal(3_000_000, (await probe.Wire.ReadBatchAsync().DefaultTimeout()).Length);
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        await Assert.ThrowsAsync<WorkerUserException>(() => results).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ProcessAsync_WorkerEndsTheExecutionAndReadsNoMore_DoesNotHang(bool closes)
    {
        // Against the rules it does not wait for Cancel, and it takes nothing more of a frame that is stuck. No limit helps: the clock stands still.
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(new byte[3_000_000]);
        await probe.Wire!.SendErrorAsync(Wire.UserError());
        await probe.Wire.SendCancelledAsync();
        if (closes)
        {
            probe.Wire.Dispose();
        }

        await Assert.ThrowsAsync<WorkerUserException>(() => results).DefaultTimeout();
        await probe.CloseAsync();
    }

    [Fact]
    public async Task ProcessAsync_WorkerFinishesWithoutHavingReadTheEnd_DoesNotHang()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Memory, bufferBytes: 600, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(new byte[580]);

        // Finish is begun, and stays stuck behind the batch: the pair holds 600 bytes.
        await WaitForAsync(() => probe.Session.State == WorkerSessionState.Finishing);
        await probe.Wire!.SendFinishAsync();

        await results.DefaultTimeout();
        await probe.CloseAsync();
        SessionProbe next = await rig.OpenAsync();
        Assert.NotNull(next.Wire); // What ended in the middle of a frame is not used again.
    }

    [Fact]
    public async Task ProcessAsync_WorkerTakesNoMoreAndSaysNothing_EndsInTime()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Memory, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(Enumerable.Repeat(new byte[60_000], 50).ToArray());
        ((DuplexStream)probe.Wire!.Stream).BreakReading();

        await rig.Clock!.WaitForTimerAsync(WorkerSessionOptions.Default.TerminatorTimeout).DefaultTimeout();
        rig.Clock.Advance(WorkerSessionOptions.Default.TerminatorTimeout);

        WorkerConnectionException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => results).DefaultTimeout();
        Assert.Contains("takes no more", exception.Message, StringComparison.Ordinal);
        await probe.CloseAsync();
    }

    [Fact]
    public async Task ProcessAsync_FunctionStopsReading_TheStreamEndsWhenItIsDropped()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync(Enumerable.Repeat(new byte[100_000], 20).ToArray());
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();
        await probe.Wire.SendBatchAsync(new byte[] { 1 });

        Assert.NotNull(await probe.Wire.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout());
        await probe.Wire.SendFinishAsync();

        Assert.Single(await results.DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ProcessAsync_EnumerationHasEnded_NeverTouchesTheCallersMemoryAgain(bool stuck)
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096);
        SessionProbe probe = await rig.InitializedAsync();
        byte[] pooled = new byte[1_000_000];
        var poisoned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // All that ever reaches the worker must have been sent before the poison.
        Task<bool> reading = Task.Run(async () =>
        {
            await poisoned.Task;
            byte[] rest = new byte[64 * 1024];
            int count;
            while ((count = await ReadSomeAsync(probe.Wire!, rest)) > 0)
            {
                if (rest.AsSpan(0, count).Contains((byte)0xEE))
                {
                    return true;
                }
            }

            return false;
        });
        await using (IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.ThenWait([pooled])).GetAsyncEnumerator())
        {
            if (stuck)
            {
                // Abandoned in the middle of the frame: the worker goes away while it is disposed.
                await probe.Wire!.SendBatchAsync(new byte[] { 1 });
                Assert.True(await results.MoveNextAsync().DefaultTimeout());
                probe.Wire.EndWriting();
            }
            else
            {
                await probe.Wire!.SendErrorAsync(Wire.UserError());
                await probe.Wire.SendCancelledAsync();
                await Assert.ThrowsAsync<WorkerUserException>(() => results.MoveNextAsync().AsTask()).DefaultTimeout();
            }
        }

        pooled.AsSpan().Fill(0xEE);
        poisoned.SetResult();
        await probe.CloseAsync();
        Assert.False(await reading.DefaultTimeout());
    }

    [Fact]
    public async Task ProcessAsync_InputFails_CancelsAndComesOut()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();
        Task serving = ServeRunningAsync(probe.Wire!, static batch => [batch]);

        async Task ReadAsync()
        {
            await foreach (WorkerBatch batch in probe.Session.ProcessAsync(FailingAsync()))
            {
                Assert.Equal([1], batch.ToArray());
            }
        }

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(ReadAsync).DefaultTimeout();
        Assert.Equal("mine", exception.Message);
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
        await rig.DisposeAsync();
        await serving.DefaultTimeout();

        static async IAsyncEnumerable<ReadOnlyMemory<byte>> FailingAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new byte[] { 1 };
            await Task.Yield();
            throw new InvalidOperationException("mine");
        }
    }

    [Fact]
    public async Task ProcessAsync_InputHangsOnItsTokenWithACallbackThatThrows_EndsAllTheSame()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();
        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var input = new ScriptedInput
        {
            OnDispose = () =>
            {
                disposed.SetResult();
                return default;
            },
            OnNext = static (_, token) =>
            {
                var never = new TaskCompletionSource<bool>();
                token.Register(() =>
                {
                    never.TrySetCanceled(token);
                    throw new InvalidOperationException("mine");
                });
                return new ValueTask<bool>(never.Task);
            },
        };
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(input).GetAsyncEnumerator();
        Task<bool> next = results.MoveNextAsync().AsTask();
        await probe.Wire!.SendErrorAsync(Wire.UserError());
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        await Assert.ThrowsAsync<WorkerUserException>(() => next).DefaultTimeout();
        await probe.CloseAsync();
        await disposed.Task.DefaultTimeout();
    }

    [Fact]
    public async Task ProcessAsync_ConsumerKeepsBatches_TheyStayWhatTheyAre()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.InitializedAsync();
        Task serving = ServeRunningAsync(probe.Wire!, static batch => [batch]);
        List<System.Buffers.IMemoryOwner<byte>> kept = [];
        byte[][] batches = [.. Enumerable.Range(0, 100).Select(index => Wire.Pattern(1000 + (index * 37), index))];
        await foreach (WorkerBatch batch in probe.Session.ProcessAsync(Inputs.Of(batches)))
        {
            kept.Add(batch.Detach());
        }

        Assert.Equal(batches, kept.Select(owner => owner.Memory.ToArray()));
        kept.ForEach(owner => owner.Dispose());
        kept.ForEach(owner => owner.Dispose());
        await probe.CloseAsync();
        await rig.DisposeAsync();
        await serving.DefaultTimeout();
    }

    /// <summary>Serves an execution whose init has been answered already.</summary>
    private static async Task ServeRunningAsync(ScriptedConnection wire, Func<byte[], IEnumerable<byte[]>> answer) => await wire.ServeAsync(answer, isRunning: true);

    private static async Task<int> ReadSomeAsync(ScriptedConnection wire, byte[] buffer)
    {
        try
        {
            return await wire.Stream.ReadAsync(buffer);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
            await Task.Yield();
        }
    }
}
