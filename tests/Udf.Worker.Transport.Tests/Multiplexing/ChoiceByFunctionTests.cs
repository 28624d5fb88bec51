using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;
using Udf.Worker.Transport.Internal;
using Control = Udf.Worker.Protocol.Messages.UdfControlRequest.ControlOneofCase;

namespace Udf.Worker.Transport.Tests.Multiplexing;

/// <summary>Sessions that do not say how large their batches are: what carries them is chosen by what their function's last executions sent.</summary>
public sealed class ChoiceByFunctionTests : IAsyncDisposable
{
    private static readonly WorkerInit KnownAsSmall = new(new WorkerPayload("small"));
    private static readonly WorkerInit NotKnown = new(new WorkerPayload("other"));

    private readonly FramedWorkerMemory _memory = new();
    private readonly ScriptedWorker _worker = new();
    private readonly CancellationTokenSource _exit = new();
    private readonly List<WorkerSession> _sessions = [];
    private FramedWorkerConnection? _connection;

    public ChoiceByFunctionTests()
    {
        for (int count = 0; count < FunctionBatchSizes.FewBefore; count++)
        {
            _memory.BatchSizes.Note(KnownAsSmall.Payload, averageBytes: 100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _exit.CancelAsync();
        foreach (WorkerSession session in _sessions)
        {
            await session.DisposeAsync().DefaultTimeout();
        }

        await _connection!.DisposeAsync().DefaultTimeout();
        await _worker.DisposeAsync();
        _exit.Dispose();
    }

    [Fact]
    public async Task Init_OfAFunctionOfSmallBatches_SharesOnceEnoughRun()
    {
        await ConnectAsync();
        await OpenUntilEnoughAsync();

        WorkerSession session = await OpenAsync();
        Task<WorkerInitResult> init = session.InitAsync(KnownAsSmall).AsTask();

        var wire = new MultiplexedWire(await _worker.AcceptAsync(ConnectionRole.Multiplex));
        await wire.AcceptAsync(1);
        await init.DefaultTimeout();
        Assert.Equal(1, _connection!.Multiplexed!.OpenCount);
    }

    [Fact]
    public async Task Init_OfAnotherFunction_HasAConnectionOfItsOwn()
    {
        await ConnectAsync();
        await OpenUntilEnoughAsync();

        WorkerSession session = await OpenAsync();
        Task<WorkerInitResult> init = session.InitAsync(NotKnown).AsTask();

        await (await _worker.AcceptAsync(ConnectionRole.Execute)).AcceptInitAsync();
        await init.DefaultTimeout();
        Assert.Null(_connection!.Multiplexed);
    }

    [Theory]
    [InlineData(MultiplexingMode.Never, null, false, 0)]
    [InlineData(MultiplexingMode.SmallBatches, 1_000_000, false, 0)]
    [InlineData(MultiplexingMode.SmallBatches, null, true, 0)]
    [InlineData(MultiplexingMode.SmallBatches, null, false, 50)]
    public async Task Open_WhereTheFunctionDecidesNothing_OpensAConnectionAtOnce(MultiplexingMode mode, int? expectedBatchBytes, bool continuesInline, int pollMicroseconds)
    {
        await ConnectAsync(mode);
        await OpenUntilEnoughAsync();

        Task<WorkerSession> opening = OpenAsync(new WorkerSessionOptions
        {
            ExpectedBatchBytes = expectedBatchBytes,
            ContinueInline = continuesInline,
            PollBeforeWait = TimeSpan.FromMicroseconds(pollMicroseconds),
        });

        await _worker.AcceptAsync(ConnectionRole.Execute);
        await opening.DefaultTimeout();
    }

    [Fact]
    public async Task Close_BeforeInit_HasOpenedNothing()
    {
        await ConnectAsync();
        await OpenUntilEnoughAsync();
        int connects = _worker.ConnectCount;
        WorkerSession session = await OpenAsync();

        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        Assert.Equal(connects, _worker.ConnectCount);
    }

    [Fact]
    public async Task Cancel_WhileTheConnectionIsOpened_EndsTheSessionAndItsConnection()
    {
        await ConnectAsync();
        await OpenUntilEnoughAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.OnConnect = async (_, token) =>
        {
            reached.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        WorkerSession session = await OpenAsync();
        Task<WorkerInitResult> init = session.InitAsync(NotKnown).AsTask();
        await reached.Task.DefaultTimeout();

        await session.CancelAsync("not wanted").DefaultTimeout();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => init.DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await session.CloseAsync().DefaultTimeout()).Kind);
        Assert.Equal(FramedWorkerConnection.FewExecutions, _connection!.ChannelCounts.InUse);
    }

    [Fact]
    public async Task Init_WorkerThatIsLost_IsTold()
    {
        await ConnectAsync();
        await OpenUntilEnoughAsync();
        WorkerSession session = await OpenAsync();
        await _exit.CancelAsync();

        var error = await Assert.ThrowsAsync<WorkerConnectionException>(() => session.InitAsync(KnownAsSmall).AsTask().DefaultTimeout());

        Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(100_000, false)]
    public async Task Executions_ThatHaveEnded_AreRemembered(int batchBytes, bool isSmall)
    {
        await ConnectAsync();
        for (int count = 0; count < FunctionBatchSizes.FewBefore; count++)
        {
            Task<WorkerSession> opening = OpenAsync(new WorkerSessionOptions { ExpectedBatchBytes = 1 });
            if (count == 0)
            {
                _wire = new MultiplexedWire(await _worker.AcceptAsync(ConnectionRole.Multiplex));
            }

            WorkerSession session = await opening.DefaultTimeout();
            Task<WorkerInitResult> init = session.InitAsync(NotKnown).AsTask();
            uint stream = (uint)count + 1;
            await _wire!.AcceptAsync(stream);
            await init.DefaultTimeout();
            Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = session.ProcessAsync(Inputs.Of([1])).ReadAllAsync();
            await _wire.ReadAsync();
            await _wire.ReadControlAsync(stream, Control.Finish);
            byte[] message = MultiplexedWire.Batch(new byte[batchBytes]);
            for (int offset = 0; offset < message.Length; offset += 60_000)
            {
                int length = Math.Min(60_000, message.Length - offset);
                await _wire.SendAsync(offset + length < message.Length ? StreamFrameKind.Part : StreamFrameKind.Message, stream, message[offset..(offset + length)]);
            }

            await _wire.SendAsync(stream, new UdfControlResponse { Finish = new FinishResponse() });
            Assert.Single(await results.DefaultTimeout());
            await session.CloseAsync().DefaultTimeout();
        }

        Assert.Equal(isSmall, _memory.BatchSizes.IsSmall(NotKnown.Payload));
    }

    [Fact]
    public async Task Open_TheNextWorkerOfASpecificationThatOffersNoMultiplexing_IsNotAsked()
    {
        var options = new WorkerSessionOptions { ExpectedBatchBytes = 1 };
        await ConnectAsync();
        Task<WorkerSession> opening = OpenAsync(options);
        ScriptedConnection refused = await _worker.AcceptRawAsync();
        await refused.ReadPrefaceAsync().DefaultTimeout();
        Assert.Equal(ConnectionRole.Multiplex, refused.Preface.Role);
        await refused.AnswerAsync(PrefaceStatus.RoleNotOffered);
        await _worker.AcceptAsync(ConnectionRole.Execute);
        await opening.DefaultTimeout();

        await using var next = new ScriptedWorker();
        Task<FramedWorkerConnection> connecting = FramedWorkerConnection.OpenAsync(next.CreateEndpoint(), next.ConnectAsync, null, null, _memory, CancellationToken.None).AsTask();
        await next.AcceptAsync(ConnectionRole.Manage);
        await using FramedWorkerConnection connection = await connecting.DefaultTimeout();
        Task<WorkerSession> second = connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail()), options), CancellationToken.None).AsTask();

        await next.AcceptAsync(ConnectionRole.Execute);
        await using WorkerSession session = await second.DefaultTimeout();
    }

    private MultiplexedWire? _wire;

    private async Task ConnectAsync(MultiplexingMode mode = MultiplexingMode.SmallBatches)
    {
        Task<FramedWorkerConnection> connecting = FramedWorkerConnection.OpenAsync(
            _worker.CreateEndpoint(_exit.Token), _worker.ConnectAsync, new FramedConnectionOptions { Multiplexing = mode }, null, _memory, CancellationToken.None).AsTask();
        await _worker.AcceptAsync(ConnectionRole.Manage);
        _connection = await connecting.DefaultTimeout();
    }

    /// <summary>So many sessions that sharing pays for the next. As long as there are fewer, each has a connection of its own, whatever its function.</summary>
    private async Task OpenUntilEnoughAsync()
    {
        for (int count = 0; count < FramedWorkerConnection.FewExecutions; count++)
        {
            Task<WorkerSession> opening = OpenAsync();
            await _worker.AcceptAsync(ConnectionRole.Execute);
            await opening.DefaultTimeout();
        }
    }

    private async Task<WorkerSession> OpenAsync(WorkerSessionOptions? options = null)
    {
        WorkerSession session = await _connection!.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail()), options), CancellationToken.None);
        _sessions.Add(session);
        return session;
    }
}
