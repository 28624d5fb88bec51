using System.Threading.Channels;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>A connection to a scripted worker whose manage connection is served in the background.</summary>
internal sealed class TransportRig : IAsyncDisposable
{
    private readonly Task _managing;

    private TransportRig(ScriptedWorker worker, FramedWorkerConnection connection, ScriptedConnection manage, CancellationTokenSource exit, ManualTimeProvider? clock)
    {
        Worker = worker;
        Connection = connection;
        Manage = manage;
        Exit = exit;
        Clock = clock;
        _managing = ManageAsync();
    }

    public ScriptedWorker Worker { get; }

    public FramedWorkerConnection Connection { get; }

    public ScriptedConnection Manage { get; }

    public CancellationTokenSource Exit { get; }

    public ManualTimeProvider? Clock { get; }

    /// <summary>What came over the manage connection.</summary>
    public Channel<WorkerRequest> Requests { get; } = Channel.CreateUnbounded<WorkerRequest>();

    public static async Task<TransportRig> StartAsync(
        Carrier carrier = Carrier.Memory,
        FramedConnectionOptions? options = null,
        int bufferBytes = 0,
        bool manualClock = false,
        uint workerMaxFrameBytes = 128 * 1024 * 1024)
    {
        var worker = new ScriptedWorker(carrier, bufferBytes);
        var exit = new CancellationTokenSource();
        ManualTimeProvider? clock = manualClock ? new ManualTimeProvider() : null;
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(exit.Token), worker.ConnectAsync, options, clock).AsTask();
        ScriptedConnection manage = await worker.AcceptRawAsync();
        manage.MaxFrameBytes = workerMaxFrameBytes;
        await manage.ReadPrefaceAsync().DefaultTimeout();
        Assert.Equal(ConnectionRole.Manage, manage.Preface.Role);
        await manage.AnswerAsync();
        return new TransportRig(worker, await opening.DefaultTimeout(), manage, exit, clock);
    }

    /// <summary>Opens a session, and accepts its connection if it needs a new one.</summary>
    public async Task<SessionProbe> OpenAsync(WorkerSessionOptions? options = null, WorkerSessionListener? listener = null)
    {
        int connected = Worker.ConnectCount;
        var lease = new RecordingLease(new CallTrail());
        var context = new WorkerSessionContext(lease, options) { TimeProvider = Clock ?? TimeProvider.System, Listener = listener ?? WorkerSessionListener.None };
        WorkerSession session = await Connection.OpenSessionAsync(context, CancellationToken.None).DefaultTimeout();
        ScriptedConnection? wire = Worker.ConnectCount > connected ? await Worker.AcceptAsync() : null;
        return new SessionProbe(session, lease, wire);
    }

    /// <summary>Opens a session whose init the worker has accepted.</summary>
    public async Task<SessionProbe> InitializedAsync(WorkerSessionOptions? options = null)
    {
        SessionProbe probe = await OpenAsync(options);
        Task<WorkerInitResult> init = probe.Session.InitAsync(SessionRig.Init).AsTask();
        await probe.Wire!.AcceptInitAsync().DefaultTimeout();
        await init.DefaultTimeout();
        return probe;
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().DefaultTimeout();
        await Worker.DisposeAsync();
        await _managing.DefaultTimeout();
        Exit.Dispose();
    }

    private async Task ManageAsync()
    {
        try
        {
            while (await Manage.ReadFrameAsync() is { } message)
            {
                WorkerRequest request = WorkerRequest.Parser.ParseFrom(message);
                Requests.Writer.TryWrite(request);
                await Manage.SendMessageAsync(request.ManageCase switch
                {
                    WorkerRequest.ManageOneofCase.Heartbeat => new WorkerResponse { Heartbeat = new HeartbeatResponse() },
                    WorkerRequest.ManageOneofCase.Shutdown => new WorkerResponse { Shutdown = new ShutdownResponse { SessionsSettled = request.Shutdown.CancelSessions } },
                    WorkerRequest.ManageOneofCase.CancelExecution => new WorkerResponse { CancelExecution = new CancelExecutionResponse { Found = true } },
                    _ => throw new InvalidOperationException($"Unknown request {request.ManageCase}."),
                });
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The engine has closed the connection.
        }
    }
}
