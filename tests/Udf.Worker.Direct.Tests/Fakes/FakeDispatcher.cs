using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Tests;

/// <summary>
/// A transport without a wire: an address is a file in a private directory, and a worker is ready when it has made it. Each hook can be replaced, and is recorded.
/// </summary>
internal sealed class FakeDispatcher : DirectWorkerDispatcher
{
    public const string TransportName = "fake";

    private readonly ConcurrentQueue<FakeSession> _held = new();

    public FakeDispatcher(WorkerSpecification specification, DirectWorkerOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
        : base(specification, options, loggerFactory, timeProvider)
    {
        // Not as an initializer, which would run even if the specification is then refused.
        Directory = System.IO.Directory.CreateTempSubdirectory("udf-direct-");
        OnAllocate = (workerId, _) => new(Path.Combine(Directory.FullName, workerId));
        OnWaitUntilReady = WaitForFileAsync;
        OnCleanUp = address =>
        {
            File.Delete(address);
            return ValueTask.CompletedTask;
        };
        OnOpenSession = (connection, context, token) => connection.OpenSessionAsync(context, token);
    }

    public DirectoryInfo Directory { get; }

    public Func<string, CancellationToken, ValueTask<string>> OnAllocate { get; set; }

    public Func<WorkerEndpoint, CancellationToken, ValueTask<WorkerConnection>> OnWaitUntilReady { get; set; }

    public Func<string, ValueTask> OnCleanUp { get; set; }

    public Func<ValueTask> OnClose { get; set; } = static () => ValueTask.CompletedTask;

    public Func<WorkerConnection, WorkerSessionContext, CancellationToken, ValueTask<WorkerSession>> OnOpenSession { get; set; }

    public Func<string, WorkerStartException, bool> OnAddressTaken { get; set; } = static (_, _) => false;

    public ConcurrentQueue<string> Allocated { get; } = new();

    public ConcurrentQueue<string> CleanedUp { get; } = new();

    public ConcurrentQueue<WorkerEndpoint> Endpoints { get; } = new();

    public ConcurrentQueue<FakeConnection> Connections { get; } = new();

    public int CloseCount { get; private set; }

    /// <summary>Whether sessions are held, so that those that a test leaves open are not collected, and their workers with them.</summary>
    public bool HoldsSessions { get; set; } = true;

    public new async ValueTask<FakeSession> CreateSessionAsync(WorkerSessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        var session = (FakeSession)await base.CreateSessionAsync(options, cancellationToken);
        if (HoldsSessions)
        {
            _held.Enqueue(session);
        }

        return session;
    }

    public IEnumerable<int> ProcessIds => Endpoints.Select(endpoint => endpoint.ProcessId!.Value);

    /// <summary>Nothing of any worker is left: no process, no zombie, no address.</summary>
    public void AssertNothingLeft()
    {
        Assert.All(ProcessIds, pid => Assert.False(ProcessProbe.Exists(pid), $"Process {pid} is left."));
        Assert.Equal(Allocated.Order(), CleanedUp.Order());
        Assert.All(Connections, connection => Assert.True(connection.Lost.IsCancellationRequested));
        Assert.Equal(0, WorkerCount);
    }

    /// <summary>Waits until the last worker is gone, for those whose end nobody waits for.</summary>
    public Task WaitUntilNothingIsLeftAsync() => WaitUntilAsync(() => WorkerCount == 0);

    /// <summary>Waits for something that no task tells.</summary>
    public static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    protected override async ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken)
    {
        string address = await OnAllocate(workerId, cancellationToken);
        Allocated.Enqueue(address);
        return address;
    }

    protected override ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        Endpoints.Enqueue(endpoint);
        return OnWaitUntilReady(endpoint, cancellationToken);
    }

    protected override ValueTask CleanUpAddressAsync(string address)
    {
        CleanedUp.Enqueue(address);
        return OnCleanUp(address);
    }

    protected override ValueTask CloseTransportAsync()
    {
        CloseCount++;
        Directory.Delete(recursive: true);
        return OnClose();
    }

    protected override IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification)
    {
        if (specification.Direct?.Properties?.Connection is not (null or CustomConnection { Name: TransportName }))
        {
            yield return new WorkerSpecificationProblem("direct.properties.connection", "The fake transport serves only its own connections.", "Use OverCustom(\"fake\").");
        }
    }

    protected override ValueTask<WorkerSession> OpenSessionAsync(WorkerConnection connection, WorkerSessionContext context, CancellationToken cancellationToken) =>
        OnOpenSession(connection, context, cancellationToken);

    protected override bool ShouldTryAnotherAddress(string address, WorkerStartException failure) => OnAddressTaken(address, failure);

    /// <summary>The default of <see cref="OnWaitUntilReady"/>.</summary>
    public async ValueTask<WorkerConnection> WaitForFileAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        while (!File.Exists(endpoint.Address))
        {
            endpoint.Observation = "there is no file yet";
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }

        var connection = new FakeConnection(endpoint);
        Connections.Enqueue(connection);
        return connection;
    }
}
