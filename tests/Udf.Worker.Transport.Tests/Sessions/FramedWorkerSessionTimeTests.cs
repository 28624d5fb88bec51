using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Sessions;

public class FramedWorkerSessionTimeTests
{
    private static readonly TimeSpan TerminatorTimeout = WorkerSessionOptions.Default.TerminatorTimeout;

    [Fact]
    public async Task MoveNextAsync_WorkerIsSilentAfterTheEnd_EndsInTime()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync([1]);
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await rig.Clock!.WaitForTimerAsync(TerminatorTimeout).DefaultTimeout();

        rig.Clock.Advance(TerminatorTimeout - TimeSpan.FromTicks(1));
        Assert.False(results.IsCompleted);
        rig.Clock.Advance(TimeSpan.FromTicks(1));

        WorkerTimeoutException exception = await Assert.ThrowsAsync<WorkerTimeoutException>(() => results).DefaultTimeout();
        Assert.Contains("TerminatorTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Equal(TerminatorTimeout, exception.Timeout);
        Assert.Equal(probe.Session.ExecutionId, (await rig.Requests.Reader.ReadAsync().DefaultTimeout()).CancelExecution.ExecutionId);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task MoveNextAsync_BeforeTheEndOfTheInput_HasNoLimit()
    {
        await using TransportRig rig = await TransportRig.StartAsync(manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        await using IAsyncEnumerator<WorkerBatch> results = probe.Session.ProcessAsync(Inputs.ThenWait([[1]])).GetAsyncEnumerator();
        Task<bool> next = results.MoveNextAsync().AsTask();
        await probe.Wire!.ReadBatchAsync().DefaultTimeout();

        rig.Clock!.Advance(TimeSpan.FromDays(1));
        await probe.Wire.SendBatchAsync(new byte[] { 2 });

        Assert.True(await next.DefaultTimeout());
        Task disposing = results.DisposeAsync().AsTask();
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();
        await disposing.DefaultTimeout();
        await probe.CloseAsync();
    }

    [Fact]
    public async Task MoveNextAsync_ConsumerIsSlow_IsNotTakenForASilentWorker()
    {
        var watch = new TimerWatch(TerminatorTimeout);
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        var lease = new RecordingLease(new CallTrail());
        WorkerSession session = await rig.Connection.OpenSessionAsync(new WorkerSessionContext(lease) { TimeProvider = watch }, CancellationToken.None).DefaultTimeout();
        ScriptedConnection wire = await rig.Worker.AcceptAsync();
        var probe = new SessionProbe(session, lease, wire);
        Task<WorkerInitResult> initialising = session.InitAsync(SessionRig.Init).AsTask();
        await watch.StartedAsync(); // The limit of init has the same length.
        await wire.AcceptInitAsync().DefaultTimeout();
        await initialising.DefaultTimeout();
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Inputs.Of()).GetAsyncEnumerator();
        Task<bool> next = results.MoveNextAsync().AsTask();
        await watch.StartedAsync();
        for (int round = 0; round < 3; round++)
        {
            await wire.SendBatchAsync(new byte[] { 1 });
            Assert.True(await next.DefaultTimeout());

            // The consumer takes its time: far too long, or so long that the limit is about to pass when it comes back.
            watch.Clock.Advance(round == 1 ? TerminatorTimeout - TimeSpan.FromTicks(1) : TimeSpan.FromHours(1));
            next = results.MoveNextAsync().AsTask();

            // Only now the worker is waited for, and has the whole time.
            watch.Clock.Advance(TerminatorTimeout - TimeSpan.FromTicks(1));
            Assert.False(next.IsCompleted);
        }

        watch.Clock.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<WorkerTimeoutException>(() => next).DefaultTimeout();
        await probe.CloseAsync();
    }

    [Fact]
    public async Task MoveNextAsync_FrameThatHasBegunStalls_EndsInTime()
    {
        // Before the end of the input, when nothing else limits it.
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, new FramedConnectionOptions { FrameStallTimeout = TimeSpan.FromSeconds(7) }, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync();
        Task<bool> next = probe.Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator().MoveNextAsync().AsTask();
        await probe.Wire!.WriteAsync(Wire.Batch(new byte[100]).AsMemory(0, 50));
        await rig.Clock!.WaitForTimerAsync(TimeSpan.FromSeconds(7)).DefaultTimeout();

        rig.Clock.Advance(TimeSpan.FromSeconds(7));

        WorkerTimeoutException exception = await Assert.ThrowsAsync<WorkerTimeoutException>(() => next).DefaultTimeout();
        Assert.Contains("FrameStallTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task CancelAsync_TerminatorLimitIsShorter_HasTheWholeTimeOfACancellation()
    {
        var options = new WorkerSessionOptions { TerminatorTimeout = TimeSpan.FromSeconds(1), CancelTimeout = TimeSpan.FromSeconds(5) };
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(options);
        Task<List<byte[]>> results = probe.CollectAsync();
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await rig.Clock!.WaitForTimerAsync(options.TerminatorTimeout).DefaultTimeout();
        await probe.Session.CancelAsync();
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();

        rig.Clock.Advance(TimeSpan.FromSeconds(4));
        await probe.Wire.SendCancelledAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task CloseAsync_WorkerNeverAnswersCancel_EndsInTime()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.InitializedAsync(new WorkerSessionOptions { CancelTimeout = TimeSpan.FromSeconds(1) });
        Task<WorkerSessionOutcome> closing = probe.CloseAsync();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();

        rig.Clock!.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await closing.DefaultTimeout()).Kind);
        Assert.Null(await probe.Wire.ReadAsync().DefaultTimeout());
    }

    [Theory]
    [InlineData("in init")]
    [InlineData("initialised")]
    [InlineData("streaming")]
    [InlineData("sending")]
    [InlineData("cancelling")]
    public async Task CloseAsync_WorkerSaysNothing_EndsWithTheLimitOfACancellationWhateverGoesOn(string state)
    {
        TimeSpan limit = TimeSpan.FromSeconds(3);
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 8 * 1024, manualClock: true);
        SessionProbe probe = await EnterAsync(rig, state, new WorkerSessionOptions { CancelTimeout = limit });
        Task<WorkerSessionOutcome>[] closing = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => probe.Session.CloseAsync().AsTask()))];
        await rig.Clock!.WaitForTimerAsync(limit).DefaultTimeout();

        rig.Clock.Advance(limit - TimeSpan.FromTicks(1));
        Assert.All(closing, close => Assert.False(close.IsCompleted));
        rig.Clock.Advance(TimeSpan.FromTicks(1));

        WorkerSessionOutcome[] outcomes = await Task.WhenAll(closing).DefaultTimeout();
        Assert.All(outcomes, outcome => Assert.Same(outcomes[0], outcome));
        Assert.Equal("WorkerSessionOptions.CancelTimeout", Assert.IsType<WorkerTimeoutException>(outcomes[0].Exception).Setting);
        await probe.CloseAsync();
    }

    private static async Task<SessionProbe> EnterAsync(TransportRig rig, string state, WorkerSessionOptions options)
    {
        if (state == "in init")
        {
            SessionProbe created = await rig.OpenAsync(options);
            _ = created.Session.InitAsync(SessionRig.Init).AsTask();
            return created;
        }

        SessionProbe probe = await rig.InitializedAsync(options);
        if (state is "streaming" or "sending")
        {
            // What does not fit the buffers is stuck on its way.
            _ = probe.Session.ProcessAsync(Inputs.ThenWait([new byte[state == "sending" ? 4 * 1024 * 1024 : 1]])).GetAsyncEnumerator().MoveNextAsync().AsTask();
        }
        else if (state == "cancelling")
        {
            await probe.Session.CancelAsync();
        }

        return probe;
    }
}
