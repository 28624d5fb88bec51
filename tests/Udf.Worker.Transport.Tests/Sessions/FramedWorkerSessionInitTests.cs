using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Sessions;

public class FramedWorkerSessionInitTests
{
    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Uds)]
    [InlineData(Carrier.Tcp)]
    public async Task InitAsync_EverythingIsSet_ArrivesAsItIs(Carrier carrier)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier);
        SessionProbe probe = await rig.OpenAsync();
        var init = new WorkerInit(new WorkerPayload("udf.echo", new byte[] { 1, 2 }) { Name = "name", EvalType = "eval" })
        {
            DataFormat = WorkerDataFormat.Arrow,
            InputSchema = new byte[] { 3 },
            OutputSchema = new byte[] { 4 },
            Parameters = new byte[] { 5 },
            TimeZone = "Europe/Berlin",
            TaskContext = new Dictionary<string, string> { ["partition"] = "7", ["udf.execution_id"] = "mine" },
            Configuration = new Dictionary<string, string> { ["a"] = "b" },
            EnvironmentVariables = new Dictionary<string, string> { ["HOME"] = "/" },
            ResourceDirectories = new Dictionary<string, string> { ["model"] = "/models/1" },
        };

        Task<WorkerInitResult> initialising = probe.Session.InitAsync(init).AsTask();
        Init received = await probe.Wire!.AcceptInitAsync([9, 9]).DefaultTimeout();
        WorkerInitResult result = await initialising.DefaultTimeout();

        Assert.Equal([9, 9], result.Data!.Value.ToArray());
        Assert.Equal((uint)ProtocolVersion.Highest, received.ProtocolVersion);
        Assert.Equal(UDFWorkerDataFormat.Arrow, received.DataFormat);
        Assert.Equal(("udf.echo", "name", "eval"), (received.Udf.Format, received.Udf.Name, received.Udf.EvalType));
        Assert.Equal([1, 2], received.Udf.Payload.ToByteArray());
        Assert.False(received.HasIsChunkingPayload);
        Assert.Equal([3], received.InputSchema.ToByteArray());
        Assert.Equal([4], received.OutputSchema.ToByteArray());
        Assert.Equal([5], received.Parameters.ToByteArray());
        Assert.Equal("Europe/Berlin", received.Timezone);
        Assert.Equal("7", received.TaskContext["partition"]);
        Assert.Equal(probe.Session.ExecutionId, received.TaskContext["udf.execution_id"]);
        Assert.Equal("b", received.SessionConf["a"]);
        Assert.Equal("/", received.EnvironmentVariables["HOME"]);
        Assert.Equal("/models/1", received.ResourceDirectories["model"]);
        Task serving = probe.Wire.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).ContinueWith(_ => probe.Wire.SendCancelledAsync(), TaskScheduler.Default).Unwrap();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
        await serving.DefaultTimeout();
    }

    [Theory]
    [InlineData(2048, false)]
    [InlineData(2049, true)]
    [InlineData(4096, true)]
    [InlineData(100_001, true)]
    public async Task InitAsync_PayloadAboveTheLimit_TravelsInChunksWithSizeAndChecksum(int length, bool isChunked)
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: new FramedConnectionOptions { ChunkPayloadAboveBytes = 2048 });
        SessionProbe probe = await rig.OpenAsync();
        byte[] content = Wire.Pattern(length);
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", content))).AsTask();

        Init init = (await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout()).Init;
        Assert.Equal(isChunked, init.IsChunkingPayload);
        byte[] assembled = init.Udf.Payload.ToByteArray();
        if (isChunked)
        {
            Assert.Empty(assembled);
            Assert.Equal(length, init.Udf.PayloadSize);
            Assert.Equal(Crc32.Compute(content), init.Udf.PayloadCrc32);
            bool isLast = false;
            while (!isLast)
            {
                PayloadChunk chunk = (await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Payload).DefaultTimeout()).Payload;
                Assert.InRange(chunk.Data.Length, 1, 2048);
                assembled = [.. assembled, .. chunk.Data.ToByteArray()];
                isLast = chunk.Last;
            }
        }

        Assert.Equal(content, assembled);
        await probe.Wire.SendInitResponseAsync();
        await initialising.DefaultTimeout();
    }

    [Fact]
    public async Task InitAsync_WorkerTakesShortFramesOnly_ChunksWhatDoesNotFit()
    {
        await using TransportRig rig = await TransportRig.StartAsync(workerMaxFrameBytes: 1024);
        SessionProbe probe = await rig.OpenAsync();
        byte[] content = Wire.Pattern(990);
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", content))).AsTask();
        List<byte> assembled = [];
        byte[] message;
        PayloadChunk? chunk;
        do
        {
            message = (await probe.Wire!.ReadFrameAsync().DefaultTimeout())!;
            Assert.InRange(message.Length, 1, 1024);
            chunk = UdfRequest.Parser.ParseFrom(message).Control.Payload;
            assembled.AddRange(chunk?.Data.ToByteArray() ?? []);
        }
        while (chunk is not { Last: true });

        await probe.Wire.SendInitResponseAsync();
        await initialising.DefaultTimeout();
        Assert.Equal(content, assembled);
    }

    [Fact]
    public async Task InitAsync_LongerThanTheWorkerTakesWithoutItsPayload_FailsBeforeAnythingIsSent()
    {
        await using TransportRig rig = await TransportRig.StartAsync(workerMaxFrameBytes: 1024);
        SessionProbe probe = await rig.OpenAsync();

        WorkerInitException exception = await Assert.ThrowsAsync<WorkerInitException>(
            () => probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f")) { InputSchema = new byte[2000] }).AsTask()).DefaultTimeout();

        Assert.Contains("1024", exception.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
        Assert.Null(await probe.Wire!.ReadAsync().DefaultTimeout());
    }

    [Fact]
    public async Task InitAsync_MapWithNull_FailsAtOnceAndLeavesTheWorkerWell()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        SessionProbe probe = await rig.OpenAsync();

        await Assert.ThrowsAsync<ArgumentNullException>(
            () => probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f")) { Configuration = new Dictionary<string, string> { ["a"] = null! } }).AsTask()).DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
    }

    // Upstream's GrpcWorkerSessionConcurrencySuite: whatever comes instead of the answer ends init, and no limit is waited for. The clock stands still.
    [Theory]
    [InlineData("ErrorResponse", typeof(WorkerUserException), WorkerSessionOutcomeKind.Failed)]
    [InlineData("InitResponse with error", typeof(WorkerUserException), WorkerSessionOutcomeKind.Failed)]
    [InlineData("FinishResponse", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("CancelResponse", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("half-close", typeof(WorkerConnectionException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("data", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("empty oneof", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("empty message", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("undecodable", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("bad flag", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("too long", typeof(WorkerProtocolException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("torn", typeof(WorkerConnectionException), WorkerSessionOutcomeKind.TransportFailed)]
    [InlineData("close", typeof(WorkerConnectionException), WorkerSessionOutcomeKind.TransportFailed)]
    public async Task InitAsync_SomethingElseThanAnAnswer_FailsFast(string what, Type expected, WorkerSessionOutcomeKind outcome)
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.OpenAsync();
        ScriptedConnection wire = probe.Wire!;
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        switch (what)
        {
            case "ErrorResponse":
                await wire.SendErrorAsync(Wire.UserError());
                break;
            case "InitResponse with error":
                await wire.SendInitResponseAsync(error: Wire.UserError());
                break;
            case "FinishResponse":
                await wire.SendFinishAsync();
                break;
            case "CancelResponse":
                await wire.SendCancelledAsync();
                break;
            case "data":
                await wire.SendBatchAsync(new byte[3]);
                break;
            case "empty oneof":
                await wire.SendMessageAsync(new UdfResponse { Control = new UdfControlResponse() });
                break;
            case "empty message":
                await wire.WriteAsync(Wire.Frame([]));
                break;
            case "undecodable":
                await wire.WriteAsync(Wire.Frame([0xFF, 0xFF]));
                break;
            case "bad flag":
                await wire.WriteAsync(new byte[] { 7, 0, 0, 0, 0 });
                break;
            case "too long":
                await wire.WriteAsync(new byte[] { 0, 0x7F, 0, 0, 0 });
                break;
            case "torn":
                await wire.WriteAsync(new byte[] { 0, 0, 0 });
                wire.Dispose();
                break;
            case "half-close":
                wire.EndWriting();
                break;
            default:
                wire.Dispose();
                break;
        }

        if (outcome == WorkerSessionOutcomeKind.Failed)
        {
            Assert.NotNull(await wire.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout());
            await wire.SendCancelledAsync();
        }

        Exception exception = await Assert.ThrowsAsync(expected, () => initialising).DefaultTimeout();
        Assert.Equal(WorkerExecutionPhase.Init, exception is WorkerUserException user ? user.Phase : WorkerExecutionPhase.Init);
        Assert.Equal(outcome, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task InitAsync_ErrorThatIsNeverConfirmed_IsStillTheErrorAfterTheCancelLimit()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        await probe.Wire.SendInitResponseAsync(error: Wire.UserError("requested", "PreInitError"));
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();

        rig.Clock!.Advance(WorkerSessionOptions.Default.CancelTimeout);

        WorkerUserException exception = await Assert.ThrowsAsync<WorkerUserException>(() => initialising).DefaultTimeout();
        Assert.Equal(("requested", "PreInitError", "at line 1"), (exception.UserMessage, exception.ErrorClass, exception.Traceback));
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
        Assert.Null(await probe.Wire.ReadAsync().DefaultTimeout());
    }

    [Fact]
    public async Task InitAsync_NoAnswerInTime_CancelsOverManageAndClosesTheConnection()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, manualClock: true);
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();

        rig.Clock!.Advance(WorkerSessionOptions.Default.InitTimeout);

        WorkerTimeoutException exception = await Assert.ThrowsAsync<WorkerTimeoutException>(() => initialising).DefaultTimeout();
        Assert.Contains("InitTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Equal(probe.Session.ExecutionId, (await rig.Requests.Reader.ReadAsync().DefaultTimeout()).CancelExecution.ExecutionId);
        Assert.Null(await probe.Wire.ReadAsync().DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task InitAsync_PayloadIsStuckInAFullSocket_EndsInTimeAllTheSame()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds, bufferBytes: 4096, manualClock: true);
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", new byte[3_000_000]))).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();

        rig.Clock!.Advance(WorkerSessionOptions.Default.InitTimeout);

        await Assert.ThrowsAsync<WorkerTimeoutException>(() => initialising).DefaultTimeout();
        await probe.CloseAsync();
    }

    [Fact]
    public async Task InitAsync_WorkerReportsAnErrorWhileChunksAreSent_StopsThem()
    {
        await using TransportRig rig = await TransportRig.StartAsync(bufferBytes: 4096, options: new FramedConnectionOptions { ChunkPayloadAboveBytes = 1024 });
        SessionProbe probe = await rig.OpenAsync();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(new WorkerInit(new WorkerPayload("f", new byte[1_000_000]))).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        await probe.Wire.SendInitResponseAsync(error: Wire.UserError());
        await probe.Wire.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();

        await Assert.ThrowsAsync<WorkerUserException>(() => initialising).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
    }

    [Theory]
    [InlineData(PrefaceStatus.AtCapacity)]
    [InlineData(PrefaceStatus.NoCommonVersion)]
    [InlineData(PrefaceStatus.MacWrong)]
    [InlineData(PrefaceStatus.RoleNotOffered)]
    public async Task InitAsync_ConnectionIsRefused_SaysWhy(PrefaceStatus status)
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        var lease = new RecordingLease(new CallTrail());
        WorkerSession session = await rig.Connection.OpenSessionAsync(new WorkerSessionContext(lease), CancellationToken.None).DefaultTimeout();
        ScriptedConnection wire = await rig.Worker.AcceptRawAsync();
        var probe = new SessionProbe(session, lease, wire);
        await wire.ReadPrefaceAsync().DefaultTimeout();
        Task<WorkerInitResult> initialising = session.InitAsync(SessionRig.Init).AsTask();
        await wire.AnswerAsync(status);
        wire.EndWriting();

        if (status == PrefaceStatus.AtCapacity)
        {
            WorkerConnectionException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => initialising).DefaultTimeout();
            Assert.True(exception.IsAtCapacity);

            // The worker is well, and knows nothing of it.
            Assert.Equal(WorkerSessionOutcomeKind.Failed, (await probe.CloseAsync()).Kind);
        }
        else
        {
            await Assert.ThrowsAsync<WorkerProtocolException>(() => initialising).DefaultTimeout();
            Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.CloseAsync()).Kind);
        }
    }

    [Fact]
    public async Task InitAsync_TokenFalls_CancelsWithTheCallersToken()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        SessionProbe probe = await rig.OpenAsync();
        using var cancel = new CancellationTokenSource();
        Task<WorkerInitResult> initialising = probe.Session.InitAsync(SessionRig.Init, cancel.Token).AsTask();
        await probe.Wire!.ReadControlAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();

        await cancel.CancelAsync();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => initialising).DefaultTimeout();
        Assert.Equal(cancel.Token, exception.CancellationToken);
        await probe.Wire.ReadControlAsync(UdfControlRequest.ControlOneofCase.Cancel).DefaultTimeout();
        await probe.Wire.SendCancelledAsync();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await probe.CloseAsync()).Kind);
    }

    [Fact]
    public async Task InitAsync_LeaseCannotExplainTheLoss_ReportsWhatWasSeen()
    {
        await using TransportRig rig = await TransportRig.StartAsync(Carrier.Uds);
        var lease = new UnexplainingLease();
        WorkerSession session = await rig.Connection.OpenSessionAsync(new WorkerSessionContext(lease), CancellationToken.None).DefaultTimeout();
        ScriptedConnection wire = await rig.Worker.AcceptAsync();
        Task<WorkerInitResult> initialising = session.InitAsync(SessionRig.Init).AsTask();
        wire.Dispose();

        await Assert.ThrowsAsync<WorkerConnectionException>(() => initialising).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    private sealed class UnexplainingLease : WorkerLease
    {
        public override string WorkerId => "worker-1";

        public override void MarkInvalid(Exception reason)
        {
        }

        public override ValueTask ReleaseAsync(WorkerSessionOutcome outcome) => default;

        public override ValueTask<WorkerException> ExplainAsync(WorkerException failure) => throw new InvalidOperationException("no idea");
    }
}
