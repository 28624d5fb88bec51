using System.Net.Sockets;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Sessions;

public class FramedWorkerSessionReuseTests
{
    [Theory]
    [InlineData("finish")]
    [InlineData("cancel")]
    [InlineData("user error")]
    public async Task CloseAsync_CleanEnd_KeepsTheConnectionForTheNext(string end)
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe first = await rig.InitializedAsync();
        ScriptedConnection wire = first.Wire!;
        switch (end)
        {
            case "finish":
                await FinishAsync(first, wire);
                break;
            case "cancel":
                await first.Session.CancelAsync();
                await wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
                await wire.SendCancelledAsync();
                break;
            default:
                Task<List<byte[]>> results = first.CollectAsync([1]);
                await wire.ReadBatchAsync().DefaultTimeout();
                await wire.SendErrorAsync(Wire.UserError());
                await wire.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
                await wire.SendCancelledAsync();
                await Assert.ThrowsAsync<WorkerUserException>(() => results).DefaultTimeout();
                break;
        }

        await first.CloseAsync();
        Assert.Equal((0, 1), rig.Connection.ChannelCounts);

        SessionProbe second = await rig.OpenAsync();
        Assert.Null(second.Wire);
        Task<WorkerInitResult> initialising = second.Session.InitAsync(SessionRig.Init).AsTask();
        Init init = await wire.AcceptInitAsync().DefaultTimeout();
        await initialising.DefaultTimeout();
        Assert.Equal(second.Session.ExecutionId, init.TaskContext["udf.execution_id"]);
        await FinishAsync(second, wire);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await second.CloseAsync()).Kind);
    }

    [Fact]
    public async Task CloseAsync_NotInitialised_GivesAKeptConnectionBackUntouched()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe first = await rig.InitializedAsync();
        await FinishAsync(first, first.Wire!);
        await first.CloseAsync();

        SessionProbe unused = await rig.OpenAsync();
        await unused.CloseAsync();

        Assert.Equal((0, 1), rig.Connection.ChannelCounts);
    }

    [Fact]
    public async Task CloseAsync_MoreIdleThanAreKept_ClosesTheRest()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: new FramedConnectionOptions { MaxIdleConnectionCount = 1 });
        SessionProbe[] probes = [await rig.InitializedAsync(), await rig.InitializedAsync(), await rig.InitializedAsync()];
        foreach (SessionProbe probe in probes)
        {
            await FinishAsync(probe, probe.Wire!);
            await probe.CloseAsync();
        }

        Assert.Equal((0, 1), rig.Connection.ChannelCounts);
        Assert.Null(await probes[2].Wire!.ReadAsync().DefaultTimeout());
    }

    [Fact]
    public async Task CloseAsync_SomethingFollowedTheTerminator_IsNotReused()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.InitializedAsync();
        Task<List<byte[]>> results = probe.CollectAsync();
        await probe.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        byte[] finish = Wire.Frame(new byte[] { 0x0A, 2, 0x12, 0 });
        await probe.Wire.WriteAsync((byte[])[.. finish, .. Wire.Batch([1])]);
        Assert.Empty(await results.DefaultTimeout());

        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);

        Assert.Equal((0, 0), rig.Connection.ChannelCounts);
    }

    [Theory]
    [InlineData(Carrier.Memory, false)]
    [InlineData(Carrier.Uds, false)]
    [InlineData(Carrier.Tcp, false)]
    [InlineData(Carrier.Uds, true)]
    public async Task InitAsync_KeptConnectionWasClosed_BeginsOnceMoreOnANewOne(Carrier carrier, bool afterInitWasRead)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier);
        ScriptedConnection stale = await KeepOneAsync(rig);
        SessionProbe probe = await rig.OpenAsync();
        Assert.Null(probe.Wire);
        if (!afterInitWasRead)
        {
            stale.Dispose();
        }

        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        if (afterInitWasRead)
        {
            await stale.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
            stale.Dispose();
        }

        ScriptedConnection fresh = await rig.Worker.AcceptAsync();
        await fresh.AcceptInitAsync().DefaultTimeout();
        await initialising.DefaultTimeout();
        await FinishAsync(probe, fresh);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
        Assert.Equal((0, 1), rig.Connection.ChannelCounts);
    }

    [Fact]
    public async Task InitAsync_KeptConnectionEndsWithAStuckPayload_BeginsOnceMore()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096);
        ScriptedConnection stale = await KeepOneAsync(rig);
        SessionProbe probe = await rig.OpenAsync();
        byte[] content = Wire.Pattern(1_000_000);
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", content))).AsTask();

        // Ends its own direction only: the payload stays stuck until the engine lets go of it.
        stale.EndWriting();
        ScriptedConnection fresh = await rig.Worker.AcceptAsync();

        Assert.Equal(content, (await fresh.AcceptInitAsync().DefaultTimeout()).Udf.Payload.ToByteArray());
        await initialising.DefaultTimeout();
        await FinishAsync(probe, fresh);
        await probe.CloseAsync();
    }

    [Fact]
    public async Task InitAsync_NewConnectionEndsToo_IsNotTriedAgain()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        ScriptedConnection stale = await KeepOneAsync(rig);
        stale.Dispose();
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        ScriptedConnection fresh = await rig.Worker.AcceptAsync();
        await fresh.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        fresh.Dispose();

        await Assert.ThrowsAsync<WorkerConnectionException>(() => initialising).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
        Assert.Equal(3, rig.Worker.ConnectCount);
    }

    [Fact]
    public async Task InitAsync_NewConnectionCannotBeHad_IsALossThatTheLeaseExplains()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        ScriptedConnection stale = await KeepOneAsync(rig);
        stale.Dispose();
        rig.Worker.OnConnect = static (_, _) => throw new SocketException((int)SocketError.ConnectionRefused);
        SessionProbe probe = await rig.OpenAsync();

        WorkerConnectionException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => probe.Session.InitAsync(SessionRig.Init).AsTask()).DefaultTimeout();

        Assert.Contains("No connection could be opened", exception.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
        Assert.Equal((0, 0), rig.Connection.ChannelCounts);
    }

    [Fact]
    public async Task InitAsync_WorkerIsLost_IsNotTriedAgain()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        ScriptedConnection stale = await KeepOneAsync(rig);
        SessionProbe probe = await rig.OpenAsync();
        await rig.Exit.CancelAsync();

        WorkerConnectionException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => probe.Session.InitAsync(SessionRig.Init).AsTask()).DefaultTimeout();

        Assert.Contains("has ended", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, rig.Worker.ConnectCount);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
        stale.Dispose();
    }

    [Fact]
    public async Task InitAsync_KeptConnectionEndsInsideAnAnswer_IsNotTriedAgain()
    {
        // The worker has begun to answer, so it has begun the execution.
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        ScriptedConnection stale = await KeepOneAsync(rig);
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await stale.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        await stale.WriteAsync(new byte[] { 0, 0 });
        stale.Dispose();

        await Assert.ThrowsAsync<WorkerConnectionException>(() => initialising).DefaultTimeout();
        Assert.Equal(2, rig.Worker.ConnectCount);
        await probe.CloseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelAsync_WhileTheStaleConnectionIsReplaced_IsACancellation(bool byToken)
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        ScriptedConnection stale = await KeepOneAsync(rig);
        stale.Dispose();
        var connecting = new SyncPoint();
        rig.Worker.OnConnect = async (_, token) => await connecting.HoldAsync().WaitAsync(token);
        SessionProbe probe = await rig.OpenAsync();
        using var cancel = new CancellationTokenSource();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init, cancel.Token).AsTask();
        await connecting.Reached.DefaultTimeout();

        if (byToken)
        {
            await cancel.CancelAsync();
        }
        else
        {
            await probe.Session.CancelAsync("why");
        }

        // The worker is well: it has heard nothing of it.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => initialising).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
        Assert.Equal((0, 0), rig.Connection.ChannelCounts);
    }

    [Fact]
    public async Task InitAsync_LimitPassesWhileTheStaleConnectionIsReplaced_EndsInTime()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        ScriptedConnection stale = await KeepOneAsync(rig);
        stale.Dispose();
        var connecting = new SyncPoint();
        rig.Worker.OnConnect = async (_, token) => await connecting.HoldAsync().WaitAsync(token);
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await connecting.Reached.DefaultTimeout();

        rig.Clock!.Advance(WorkerSessionOptions.Default.InitTimeout);

        await Assert.ThrowsAsync<WorkerTimeoutException>(() => initialising).DefaultTimeout();
        await probe.CloseAsync();
        Assert.Equal((0, 0), rig.Connection.ChannelCounts);
    }

    [Theory]
    [InlineData(Carrier.Memory, 64)]
    [InlineData(Carrier.Uds, 256)]
    [InlineData(Carrier.Tcp, 64)]
    public async Task Sessions_ManyAtOnceOnOneConnection_EachGetsItsOwn(Carrier carrier, int count)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier);
        Task accepting = Task.Run(async () =>
        {
            List<Task> serving = [];
            for (int index = 0; index < count; index++)
            {
                ScriptedConnection wire = await rig.Worker.AcceptAsync();
                serving.Add(wire.ServeAsync(static batch => [batch, batch]));
            }

            await Task.WhenAll(serving);
        });

        // All are open before the first is used, so none shares a connection; then again, on those that were kept.
        for (int round = 0; round < 2; round++)
        {
            SessionProbe[] probes = await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
            {
                var lease = new RecordingLease(new CallTrail());
                return new SessionProbe(await rig.Connection.OpenSessionAsync(new WorkerSessionContext(lease), CancellationToken.None), lease, null);
            })).DefaultTimeout();
            await Task.WhenAll(probes.Select((probe, index) => Task.Run(async () =>
            {
                byte[] content = Wire.Pattern(100 + index, index);
                WorkerInitResult result = await probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", content)));
                Assert.Equal(content, result.Data!.Value.ToArray());
                byte[][] batches = [.. Enumerable.Range(0, 5).Select(batch => Wire.Pattern(1000 + batch, (index * 10) + batch))];
                Assert.Equal(batches.SelectMany(batch => new[] { batch, batch }), await probe.CollectAsync(batches));
                Assert.Equal(WorkerSessionOutcomeKind.Finished, (await probe.CloseAsync()).Kind);
            }))).DefaultTimeout();
            if (round == 0)
            {
                // As many are kept as may be; the second round needs the others anew.
                int kept = Math.Min(count, FramedConnectionOptions.Default.MaxIdleConnectionCount);
                Assert.Equal((0, kept), rig.Connection.ChannelCounts);
                if (count > kept)
                {
                    break;
                }
            }
        }

        await rig.Connection.DisposeAsync().DefaultTimeout();
        await accepting.DefaultTimeout();
    }

    /// <summary>Leaves one connection that is kept, and returns the worker's end of it.</summary>
    private static async Task<ScriptedConnection> KeepOneAsync(TransportRig rig)
    {
        SessionProbe probe = await rig.InitializedAsync();
        await FinishAsync(probe, probe.Wire!);
        await probe.CloseAsync();
        Assert.Equal((0, 1), rig.Connection.ChannelCounts);
        return probe.Wire!;
    }

    private static async Task FinishAsync(SessionProbe probe, ScriptedConnection wire)
    {
        Task<List<byte[]>> results = probe.CollectAsync();
        await wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await wire.SendFinishAsync();
        Assert.Empty(await results.DefaultTimeout());
    }
}
