using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Connections;

public class FramedWorkerConnectionManageTests
{
    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Uds)]
    [InlineData(Carrier.Tcp)]
    public async Task Requests_AreAnswered(Carrier carrier)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier);

        await rig.Connection.PingAsync(CancellationToken.None).DefaultTimeout();
        Assert.True(await rig.Connection.RequestShutdownAsync("enough", cancelSessions: true, CancellationToken.None).DefaultTimeout());
        Assert.False(await rig.Connection.RequestShutdownAsync(null, cancelSessions: false, CancellationToken.None).DefaultTimeout());
        Assert.True(await rig.Connection.CancelExecutionAsync("e-1", "why", CancellationToken.None).DefaultTimeout());

        await rig.Requests.Reader.ReadAsync();
        WorkerRequest shutdown = await rig.Requests.Reader.ReadAsync();
        Assert.Equal("enough", shutdown.Shutdown.Reason);
        Assert.False((await rig.Requests.Reader.ReadAsync()).Shutdown.HasReason);
        WorkerRequest cancel = await rig.Requests.Reader.ReadAsync();
        Assert.Equal(("e-1", "why"), (cancel.CancelExecution.ExecutionId, cancel.CancelExecution.Reason));
    }

    [Fact]
    public async Task Requests_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        await using TransportRig rig = await TransportRig.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 300).Select(index => Task.Run(async () =>
        {
            switch (index % 3)
            {
                case 0:
                    await rig.Connection.PingAsync(CancellationToken.None);
                    break;
                case 1:
                    bool asked = index % 2 == 0;
                    Assert.Equal(asked, await rig.Connection.RequestShutdownAsync(null, asked, CancellationToken.None));
                    break;
                default:
                    Assert.True(await rig.Connection.CancelExecutionAsync("e", null, CancellationToken.None));
                    break;
            }
        }))).DefaultTimeout();
    }

    [Fact]
    public async Task PingAsync_TokenFallsBeforeTheAnswer_TheNextRequestGetsItsOwn()
    {
        await using Unserved rig = await Unserved.StartAsync();
        using var cancel = new CancellationTokenSource();
        Task ping = rig.Connection.PingAsync(cancel.Token).AsTask();
        await rig.Manage.ReadFrameAsync().DefaultTimeout();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ping).DefaultTimeout();

        Task<bool> next = rig.Connection.CancelExecutionAsync("e", null, CancellationToken.None).AsTask();
        await rig.Manage.SendMessageAsync(new WorkerResponse { Heartbeat = new HeartbeatResponse() });
        await rig.Manage.SendMessageAsync(new WorkerResponse { CancelExecution = new CancelExecutionResponse { Found = true } });

        Assert.True(await next.DefaultTimeout());
    }

    [Theory]
    [InlineData("other")]
    [InlineData("none")]
    [InlineData("garbage")]
    [InlineData("empty")]
    [InlineData("flag")]
    [InlineData("torn")]
    [InlineData("close")]
    public async Task PingAsync_WrongAnswer_LosesTheWorkerAndSaysWhy(string answer)
    {
        await using Unserved rig = await Unserved.StartAsync();
        Task ping = rig.Connection.PingAsync(CancellationToken.None).AsTask();
        Task second = rig.Connection.PingAsync(CancellationToken.None).AsTask();
        await rig.Manage.ReadFrameAsync().DefaultTimeout();
        await rig.Manage.ReadFrameAsync().DefaultTimeout();

        (byte[] bytes, string expected) = answer switch
        {
            "other" => (Wire.Frame([0x12, 0]), "answered Shutdown"),
            "none" => (Wire.Frame([0x78, 1]), "answered None"),
            "garbage" => (Wire.Frame([0xFF, 0xFF]), "cannot be decoded"),
            "empty" => (Wire.Frame([]), "answered None"),
            "flag" => ([(byte)9, 0, 0, 0, 0], "flag 0x09"),
            "torn" => ([(byte)0, 0, 0, 0, 9, 1], "inside a frame"),
            _ => ([], "closed it"),
        };
        await rig.Manage.WriteAsync(bytes);
        if (answer is "torn" or "close")
        {
            rig.Manage.Dispose();
        }

        WorkerException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => ping).DefaultTimeout();
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerConnectionException>(() => second).DefaultTimeout();
        Assert.Equal(exception.Message, rig.Connection.LostReason!.Message);
        Assert.NotSame(exception, rig.Connection.LostReason);
        await WaitAsync(rig.Connection.Lost);
        await Assert.ThrowsAsync<WorkerConnectionException>(() => rig.Connection.PingAsync(CancellationToken.None).AsTask()).DefaultTimeout();
        await Assert.ThrowsAsync<WorkerConnectionException>(
            () => rig.Connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail())), CancellationToken.None).AsTask()).DefaultTimeout();
    }

    [Fact]
    public async Task Manage_AnswerThatNobodyAskedFor_LosesTheWorker()
    {
        await using Unserved rig = await Unserved.StartAsync();

        await rig.Manage.SendMessageAsync(new WorkerResponse { Heartbeat = new HeartbeatResponse() });

        await WaitAsync(rig.Connection.Lost);
        Assert.Contains("where nothing was due", rig.Connection.LostReason!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExitToken_Falls_EndsWhoWaitsForAnAnswer()
    {
        // Somebody else may hold the worker's socket open, a child of it for example.
        await using Unserved rig = await Unserved.StartAsync();
        Task ping = rig.Connection.PingAsync(CancellationToken.None).AsTask();
        await rig.Manage.ReadFrameAsync().DefaultTimeout();

        await rig.Exit.CancelAsync();

        WorkerException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => ping).DefaultTimeout();
        Assert.Contains("has ended", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lost_CallbackThrows_HurtsNobody()
    {
        await using Unserved rig = await Unserved.StartAsync();
        using CancellationTokenRegistration registration = rig.Connection.Lost.Register(static () => throw new InvalidOperationException("mine"));

        rig.Manage.Dispose();

        await WaitAsync(rig.Connection.Lost);
        await rig.Connection.DisposeAsync().DefaultTimeout();
    }

    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Uds)]
    public async Task DisposeAsync_WhileRequestsAndSessionsRun_EndsThemAll(Carrier carrier)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier);
        SessionProbe streaming = await rig.InitializedAsync();
        Task<List<byte[]>> reading = streaming.CollectAsync();
        SessionProbe initialising = await rig.OpenAsync();
        Task<WorkerInitResult> init = initialising.Session.InitAsync(SessionRig.Init).AsTask();
        await streaming.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Finish).DefaultTimeout();
        await initialising.Wire!.ReadUntilAsync(UdfControlRequest.ControlOneofCase.Init).DefaultTimeout();
        Task[] pings = [.. Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    await rig.Connection.PingAsync(CancellationToken.None);
                }
            }
            catch (WorkerConnectionException)
            {
                // The end.
            }
        }))];

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => rig.Connection.DisposeAsync().AsTask()))).DefaultTimeout();

        await Task.WhenAll(pings).DefaultTimeout();
        WorkerException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => reading).DefaultTimeout();
        Assert.Contains("closed by this host", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerConnectionException>(() => init).DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await streaming.CloseAsync()).Kind);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await initialising.CloseAsync()).Kind);
    }

    private static async Task WaitAsync(CancellationToken token)
    {
        var fallen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = token.Register(fallen.SetResult);
        await fallen.Task.DefaultTimeout();
    }

    /// <summary>A connection whose manage connection the test serves by itself.</summary>
    private sealed class Unserved : IAsyncDisposable
    {
        private readonly ScriptedWorker _worker;

        private Unserved(ScriptedWorker worker, FramedWorkerConnection connection, ScriptedConnection manage, CancellationTokenSource exit)
        {
            _worker = worker;
            Connection = connection;
            Manage = manage;
            Exit = exit;
        }

        public FramedWorkerConnection Connection { get; }

        public ScriptedConnection Manage { get; }

        public CancellationTokenSource Exit { get; }

        public static async Task<Unserved> StartAsync()
        {
            var worker = new ScriptedWorker(Carrier.Uds);
            var exit = new CancellationTokenSource();
            Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(exit.Token), worker.ConnectAsync).AsTask();
            ScriptedConnection manage = await worker.AcceptAsync(Protocol.ConnectionRole.Manage);
            return new Unserved(worker, await opening.DefaultTimeout(), manage, exit);
        }

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync().DefaultTimeout();
            await _worker.DisposeAsync();
            Exit.Dispose();
        }
    }
}
