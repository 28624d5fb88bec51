using Udf.Worker.Direct;
using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Who listens for a worker is asked for before anything is sent: real workers behind launchers' processes of all kinds, and a stranger.</summary>
public sealed class PeerTests : IAsyncLifetime
{
    private readonly WorkerTrace _trace = new();
    private readonly List<UdsWorkerDispatcher> _dispatchers = [];

    private static string Worker => $"'{WorkerProgram.TestWorker.Command}' '{WorkerProgram.TestWorker.Arguments[0]}' \"$@\"";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (UdsWorkerDispatcher dispatcher in _dispatchers)
        {
            await dispatcher.DisposeAsync().DefaultTimeout();
        }

        Assert.Empty(_trace.FindLeftovers());
        Assert.Empty(_trace.Errors());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Failure("another process than the worker")]
    public async Task CreateSession_AStrangerListens_GetsNoByteAndIsNamed(bool isAbstract)
    {
        using var launcher = new StrangerLauncher();
        UdsWorkerDispatcher dispatcher = Create("sleep 60", new UdsWorkerOptions { UseAbstractSockets = isAbstract }, new DirectWorkerOptions { Launcher = launcher });

        var error = await Assert.ThrowsAsync<WorkerProtocolException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains($"it is process {Environment.ProcessId} ({Environment.ProcessPath})", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was sent to it.", error.Message, StringComparison.Ordinal);
        Assert.Equal(Assert.Single(_trace.ProcessIds), error.ProcessId);
        Assert.Equal(Assert.Single(_trace.Addresses), error.Endpoint);
        Assert.Equal(0, await launcher.Received.DefaultTimeout());
    }

    [Fact]
    public async Task CreateSession_AStrangerListensAndNobodyLooks_TokenIsAsked()
    {
        using var launcher = new StrangerLauncher();
        var options = new DirectWorkerOptions { Launcher = launcher, InitializationTimeout = TimeSpan.FromMilliseconds(500) };
        UdsWorkerDispatcher dispatcher = Create("sleep 60", new UdsWorkerOptions { VerifyPeer = false }, options);

        await Assert.ThrowsAsync<WorkerTimeoutException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Equal(72, await launcher.Received.DefaultTimeout());
    }

    [Fact]
    public Task CreateSession_WorkerIsAChildOfTheSpawnedProcess_IsFound() => EchoAsync($"exec 3<&0; {Worker} <&3 & wait");

    [Fact]
    public Task CreateSession_WorkerHasLostItsParent_IsFoundByItsSession() => EchoAsync($"exec 3<&0; (env -u UDF_WORKER_ID {Worker} <&3 &); sleep 60");

    [Fact]
    public Task CreateSession_WorkerHasLeftTheSession_IsFoundByItsId() => EchoAsync($"exec 3<&0; (setsid {Worker} <&3 &); sleep 60");

    [Fact]
    public async Task CreateSession_WorkerHasLeftTheSessionAndDroppedItsId_IsAStranger()
    {
        UdsWorkerDispatcher dispatcher = Create($"exec 3<&0; (env -u UDF_WORKER_ID setsid {Worker} <&3 &); sleep 60");

        var error = await Assert.ThrowsAsync<WorkerProtocolException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("hand UDF_WORKER_ID on to it", error.Message, StringComparison.Ordinal);

        // Nobody finds it any more; it ends because its standard input has.
        await Task.WhenAll(_trace.Running().Select(ProcessTable.WaitForExitAsync)).DefaultTimeout();
    }

    private UdsWorkerDispatcher Create(string script, UdsWorkerOptions? options = null, DirectWorkerOptions? workerOptions = null)
    {
        WorkerSpecification specification = _trace.Mark(WorkerProgram.Script(script).OverUnixDomainSocket().WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1"));
        var dispatcher = new UdsWorkerDispatcher(specification, workerOptions, options, _trace.Logs);
        _dispatchers.Add(dispatcher);
        return dispatcher;
    }

    private async Task EchoAsync(string script)
    {
        await using WorkerSession session = await Create(script).CreateSessionAsync().DefaultTimeout();
        await session.InitAsync(new WorkerInit(new WorkerPayload("udf.echo"))).DefaultTimeout();

        ReadOnlyMemory<byte> batch = TestBatches.Bytes(1000);
        TestBatches.AssertSame([batch], await session.ProcessAsync(TestBatches.Stream(batch)).ReadAllAsync().DefaultTimeout());
    }
}
