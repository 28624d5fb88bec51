using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;
using Control = Udf.Worker.Protocol.Messages.UdfControlRequest.ControlOneofCase;

namespace Udf.Worker.Transport.Tests.Multiplexing;

/// <summary>Sessions that share a connection, byte for byte against a scripted worker.</summary>
public class MultiplexedSessionTests
{
    internal static readonly FramedConnectionOptions Options = new() { Multiplexing = MultiplexingMode.Always };

    [Fact]
    public async Task Init_TwoSessions_ShareAConnectionAndAreNumberedInOrder()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 2);

        Assert.Equal(2, rig.Worker.ConnectCount); // The manage connection and this one.
        Assert.Equal(2, rig.Connection.Multiplexed!.OpenCount);
        await wire.SendBatchAsync(2, [22]);
        await wire.SendBatchAsync(1, [11]);
        for (int index = 0; index < 2; index++)
        {
            await using IAsyncEnumerator<WorkerBatch> results = sessions[index].Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator();
            Assert.True(await results.MoveNextAsync().DefaultTimeout());
            Assert.Equal([(byte)(11 * (index + 1))], results.Current.ToArray());
        }
    }

    [Fact]
    public async Task Init_WorkerThatOffersNoMultiplexing_IsAskedOnceAndServedOnConnectionsOfTheirOwn()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        Task<WorkerSession> opening = OpenAsync(rig);
        ScriptedConnection refused = await rig.Worker.AcceptRawAsync();
        await refused.ReadPrefaceAsync().DefaultTimeout();
        Assert.Equal(ConnectionRole.Multiplex, refused.Preface.Role);
        await refused.AnswerAsync(PrefaceStatus.RoleNotOffered);
        await rig.Worker.AcceptAsync(ConnectionRole.Execute);
        await using WorkerSession first = await opening.DefaultTimeout();

        Task<WorkerSession> second = OpenAsync(rig);
        await rig.Worker.AcceptAsync(ConnectionRole.Execute);
        await using WorkerSession opened = await second.DefaultTimeout();

        Assert.Null(rig.Connection.Multiplexed);
    }

    [Theory]
    [InlineData(MultiplexingMode.SmallBatches, null, false)]
    [InlineData(MultiplexingMode.SmallBatches, 0, true)]
    [InlineData(MultiplexingMode.SmallBatches, 65_535, true)]
    [InlineData(MultiplexingMode.SmallBatches, 65_536, false)]
    [InlineData(MultiplexingMode.Never, 1, false)]
    [InlineData(MultiplexingMode.Always, null, true)]
    [InlineData(MultiplexingMode.Always, 1_000_000, true)]
    public async Task Open_ByWhatTheSessionExpects_SharesOrNot(MultiplexingMode mode, int? expectedBatchBytes, bool shares)
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: new FramedConnectionOptions { Multiplexing = mode });

        var context = new WorkerSessionContext(new RecordingLease(new CallTrail()), new WorkerSessionOptions { ExpectedBatchBytes = expectedBatchBytes });
        Task<WorkerSession> opening = rig.Connection.OpenSessionAsync(context, CancellationToken.None).AsTask();

        await rig.Worker.AcceptAsync(shares ? ConnectionRole.Multiplex : ConnectionRole.Execute);
        await using WorkerSession session = await opening.DefaultTimeout();
        Assert.Equal(shares, rig.Connection.Multiplexed is not null);
    }

    [Fact]
    public async Task Open_WorkerOfASpecificationThatOffersNoMultiplexing_IsNotAsked()
    {
        await using var worker = new ScriptedWorker();
        var memory = new FramedWorkerMemory { OffersNoMultiplexing = true };
        Task<FramedWorkerConnection> connecting = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync, Options, null, memory, CancellationToken.None).AsTask();
        await worker.AcceptAsync(ConnectionRole.Manage);
        await using FramedWorkerConnection connection = await connecting.DefaultTimeout();

        Task<WorkerSession> opening = connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail())), CancellationToken.None).AsTask();

        await worker.AcceptAsync(ConnectionRole.Execute);
        await using WorkerSession session = await opening.DefaultTimeout();
    }

    [Fact]
    public void ExpectedBatchBytes_Negative_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerSessionOptions { ExpectedBatchBytes = -1 });

    [Fact]
    public async Task Process_ConsumerThatDoesNotRead_OthersAreServedAndTheWorkerIsTold()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 2);
        byte[] payload = new byte[60_000];

        // Somewhat more than a quarter of its window, and nobody asks for it.
        for (int index = 0; index < 4; index++)
        {
            await wire.SendBatchAsync(1, payload);
        }

        await wire.SendBatchAsync(2, [7]);
        await using IAsyncEnumerator<WorkerBatch> fast = sessions[1].Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator();
        Assert.True(await fast.MoveNextAsync().DefaultTimeout());
        Assert.Equal([7], fast.Current.ToArray());

        await using IAsyncEnumerator<WorkerBatch> slow = sessions[0].Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator();
        for (int index = 0; index < 4; index++)
        {
            Assert.True(await slow.MoveNextAsync().DefaultTimeout());
            Assert.Equal(payload.Length, slow.Current.Length);
        }

        (StreamFrameHeader header, byte[] content) = (await wire.ReadFrameAsync())!.Value;
        Assert.Equal((StreamFrameKind.Window, 1u), (header.Kind, header.Stream));
        Assert.Equal(3u * (uint)MultiplexedWire.Batch(payload).Length, StreamFrameHeader.ReadWindow(content));
    }

    [Fact]
    public async Task Process_WorkerThatGivesNoWindow_InputStopsAtItsWindowAndOthersGoOn()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 2);
        byte[] payload = new byte[60_000];
        Task stopped = sessions[0].Session.ProcessAsync(Inputs.Repeat(payload, 100)).ReadAllAsync();
        long sent = 0;
        for (int index = 0; index < 5; index++)
        {
            (uint stream, UdfRequest request) = await wire.ReadAsync();
            Assert.Equal(1u, stream);
            sent += request.CalculateSize();
        }

        // Whatever comes now is the other one's.
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> going = sessions[1].Session.ProcessAsync(Inputs.Of([1], [2])).ReadAllAsync();
        Assert.Equal(2u, (await wire.ReadAsync()).Stream);
        Assert.Equal(2u, (await wire.ReadAsync()).Stream);
        await wire.ReadControlAsync(2, Control.Finish);
        await wire.SendAsync(2, new UdfControlResponse { Finish = new FinishResponse() });
        Assert.Empty(await going.DefaultTimeout());

        Assert.InRange(sent, StreamSending.DefaultWindowBytes, StreamSending.DefaultWindowBytes + 65_536);
        await wire.SendWindowAsync(1, 60_000);
        Assert.Equal(1u, (await wire.ReadAsync()).Stream);
        Assert.False(stopped.IsCompleted);
    }

    [Fact]
    public async Task Cancel_InputThatWaitsForItsWindow_IsDroppedForTheCancellation()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 1);
        Task results = sessions[0].Session.ProcessAsync(Inputs.Repeat(new byte[60_000], 100)).ReadAllAsync();
        for (int index = 0; index < 5; index++)
        {
            Assert.NotNull((await wire.ReadAsync()).Request.Data);
        }

        await sessions[0].Session.CancelAsync("not wanted").DefaultTimeout();

        Assert.Equal("not wanted", (await wire.ReadControlAsync(1, Control.Cancel)).Cancel.Reason);
        await wire.SendAsync(1, new UdfControlResponse { Cancel = new CancelResponse() });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results.DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await sessions[0].Session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Fact]
    [Failure("the worker reset an execution on a multiplexed connection")]
    public async Task Reset_OfOneStream_EndsItsSessionAlone()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 2);
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> reset = sessions[0].Session.ProcessAsync(Inputs.ThenWait([])).ReadAllAsync();

        await wire.ResetAsync(1, StreamResetCode.Failure, "the function's interpreter died");

        var error = await Assert.ThrowsAsync<WorkerConnectionException>(() => reset.DefaultTimeout());
        Assert.Contains("the function's interpreter died", error.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await sessions[0].Session.CloseAsync().DefaultTimeout()).Kind);

        // What still comes for it is dropped, and the other one goes on.
        await wire.SendBatchAsync(1, [1]);
        await AssertServedAsync(wire, sessions[1], stream: 2);
    }

    [Fact]
    public async Task Reset_Refused_TellsThatAnotherWorkerMayBeTried()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        Task<WorkerSession> opening = OpenAsync(rig);
        var wire = new MultiplexedWire(await rig.Worker.AcceptAsync(ConnectionRole.Multiplex));
        await using WorkerSession session = await opening.DefaultTimeout();
        Task<WorkerInitResult> init = session.InitAsync(SessionRig.Init).AsTask();
        await wire.ReadControlAsync(1, Control.Init);

        await wire.ResetAsync(1, StreamResetCode.Refused, "It is at capacity.");

        var error = await Assert.ThrowsAsync<WorkerConnectionException>(() => init.DefaultTimeout());
        Assert.True(error.IsAtCapacity);
        Assert.Contains("It is at capacity.", error.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Fact]
    [Failure("a multiplexed connection broke")]
    public async Task BrokenFrame_EndsTheSessionsOfItsConnectionAndNoOthers()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire broken, SessionProbe[] sessions) = await InitializedAsync(rig, 2);
        Task<IReadOnlyList<ReadOnlyMemory<byte>>>[] results = [.. sessions.Select(probe => probe.Session.ProcessAsync(Inputs.ThenWait([])).ReadAllAsync())];

        await broken.Connection.WriteAsync(new byte[] { 9, 0, 0, 0, 1, 0, 0, 0, 0 });

        foreach (Task<IReadOnlyList<ReadOnlyMemory<byte>>> result in results)
        {
            var error = await Assert.ThrowsAsync<WorkerProtocolException>(() => result.DefaultTimeout());
            Assert.Contains("kind 9", error.Message, StringComparison.Ordinal);
        }

        Assert.Null(rig.Connection.LostReason);
        (MultiplexedWire wire, SessionProbe[] others) = await InitializedAsync(rig, 1);
        await AssertServedAsync(wire, others[0], stream: 1);
    }

    [Theory]
    [InlineData(StreamFrameKind.Message, 3u)]
    [InlineData(StreamFrameKind.Part, 0u)]
    [InlineData(StreamFrameKind.Reset, 7u)]
    public async Task FrameOfAStreamThatWasNeverOpened_BreaksTheConnection(StreamFrameKind kind, uint stream)
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 1);
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = sessions[0].Session.ProcessAsync(Inputs.ThenWait([])).ReadAllAsync();

        await wire.SendAsync(kind, stream, [1]);

        var error = await Assert.ThrowsAsync<WorkerProtocolException>(() => results.DefaultTimeout());
        Assert.Contains("never opened", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_BatchInParts_ArrivesInOnePiece()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 1);
        byte[] payload = Wire.Pattern(1_000_000);
        byte[] message = MultiplexedWire.Batch(payload);
        await using IAsyncEnumerator<WorkerBatch> results = sessions[0].Session.ProcessAsync(Inputs.ThenWait([])).GetAsyncEnumerator();
        Task<bool> next = results.MoveNextAsync().AsTask();
        for (int offset = 0; offset < message.Length; offset += 50_000)
        {
            int count = Math.Min(50_000, message.Length - offset);
            await wire.SendAsync(offset + count < message.Length ? StreamFrameKind.Part : StreamFrameKind.Message, 1, message[offset..(offset + count)]);
        }

        Assert.True(await next.DefaultTimeout());
        Assert.True(payload.AsSpan().SequenceEqual(results.Current.Span));
    }

    [Fact]
    public async Task Close_ManySessionsOneAfterAnother_LeavesNoStreamBehind()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await InitializedAsync(rig, 1);
        for (uint stream = 1; stream <= 100; stream++)
        {
            await AssertServedAsync(wire, sessions[0], stream);
            Assert.Equal(WorkerSessionOutcomeKind.Finished, (await sessions[0].Session.CloseAsync().DefaultTimeout()).Kind);
            Assert.Equal(0, rig.Connection.Multiplexed!.OpenCount);
            sessions = [await InitializeAsync(rig, wire, stream + 1)];
        }
    }

    [Fact]
    public async Task Lost_WorkerThatEnds_EndsEverySession()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: Options);
        (_, SessionProbe[] sessions) = await InitializedAsync(rig, 3);
        Task<IReadOnlyList<ReadOnlyMemory<byte>>>[] results = [.. sessions.Select(probe => probe.Session.ProcessAsync(Inputs.ThenWait([])).ReadAllAsync())];

        await rig.Exit.CancelAsync();

        foreach (Task<IReadOnlyList<ReadOnlyMemory<byte>>> result in results)
        {
            var error = await Assert.ThrowsAsync<WorkerConnectionException>(() => result.DefaultTimeout());
            Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
        }
    }

    private static async Task AssertServedAsync(MultiplexedWire wire, SessionProbe probe, uint stream)
    {
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = probe.Session.ProcessAsync(Inputs.Of([5])).ReadAllAsync();
        (uint actual, UdfRequest request) = await wire.ReadAsync();
        Assert.Equal((stream, "\u0005"), (actual, request.Data.Data.ToStringUtf8()));
        await wire.SendBatchAsync(stream, [6]);
        await wire.ReadControlAsync(stream, Control.Finish);
        await wire.SendAsync(stream, new UdfControlResponse { Finish = new FinishResponse() });
        Assert.Equal([6], Assert.Single(await results.DefaultTimeout()).ToArray());
    }

    /// <summary>Sessions on one multiplexed connection, which is opened for them.</summary>
    internal static async Task<(MultiplexedWire Wire, SessionProbe[] Sessions)> InitializedAsync(TransportRig rig, int count)
    {
        Task<WorkerSession> opening = OpenAsync(rig);
        var wire = new MultiplexedWire(await rig.Worker.AcceptAsync(ConnectionRole.Multiplex));
        var sessions = new SessionProbe[count];
        sessions[0] = await InitializeAsync(wire, await opening.DefaultTimeout(), 1);
        for (int index = 1; index < count; index++)
        {
            sessions[index] = await InitializeAsync(rig, wire, (uint)index + 1);
        }

        return (wire, sessions);
    }

    private static async Task<SessionProbe> InitializeAsync(TransportRig rig, MultiplexedWire wire, uint stream) => await InitializeAsync(wire, await OpenAsync(rig).DefaultTimeout(), stream);

    private static async Task<SessionProbe> InitializeAsync(MultiplexedWire wire, WorkerSession session, uint stream)
    {
        Task<WorkerInitResult> init = session.InitAsync(SessionRig.Init).AsTask();
        await wire.AcceptAsync(stream);
        await init.DefaultTimeout();
        return new SessionProbe(session, new RecordingLease(new CallTrail()), wire.Connection);
    }

    private static Task<WorkerSession> OpenAsync(TransportRig rig) =>
        rig.Connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail())), CancellationToken.None).AsTask();
}
