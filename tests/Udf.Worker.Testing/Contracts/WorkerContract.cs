using Microsoft.Extensions.Logging;
using Udf.Worker.Direct;
using Udf.Worker.Transport;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// What all contract suites share: dispatchers over the transport of the class that runs the suite, and a look, after each test, at what is left when they are closed.
/// No test may leave a process, a zombie, an address, or an error in the log.
/// </summary>
public abstract class WorkerContract : IAsyncLifetime
{
    private static bool _isWarm;

    private readonly List<DirectWorkerDispatcher> _dispatchers = [];

    protected abstract TransportUnderTest Transport { get; }

    /// <summary>The worker that serves the conformance functions.</summary>
    protected virtual WorkerProgram Program => WorkerProgram.TestWorker;

    protected WorkerTrace Trace { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(Trace.Errors());
    }

    protected async Task CloseDispatchersAsync()
    {
        foreach (DirectWorkerDispatcher dispatcher in _dispatchers)
        {
            await dispatcher.DisposeAsync().DefaultTimeout();
        }
    }

    /// <summary>The conformance functions over this transport.</summary>
    protected WorkerSpecification Specification() => Connected(Program.Specification);

    /// <summary>A specification over this transport, whose workers can be traced.</summary>
    protected WorkerSpecification Connected(WorkerSpecification specification) => Trace.Mark(Transport.SetConnection(specification));

    /// <summary>A dispatcher that is closed after the test at the latest.</summary>
    protected DirectWorkerDispatcher CreateDispatcher(
        WorkerSpecification? specification = null, DirectWorkerOptions? options = null, FramedConnectionOptions? connection = null)
    {
        DirectWorkerDispatcher dispatcher = Transport.CreateDispatcher(specification ?? Specification(), options, connection, Trace.Logs);
        _dispatchers.Add(dispatcher);
        return dispatcher;
    }

    /// <summary>What the framework opens once and keeps, and the warden of this process, are there before anything is counted. For tests that run alone.</summary>
    protected async Task WarmUpAsync()
    {
        if (!_isWarm)
        {
            await using DirectWorkerDispatcher dispatcher = Transport.CreateDispatcher(Connected(Program.Specification));
            await using WorkerSession session = await StartAsync(dispatcher, "udf.echo");
            _isWarm = true;
        }
    }

    /// <summary>A session that has been initialised with a function.</summary>
    protected static async Task<WorkerSession> StartAsync(
        WorkerDispatcher dispatcher, string format, ReadOnlyMemory<byte> payload = default, WorkerSessionOptions? options = null)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync(options).DefaultTimeout();
        await session.InitAsync(Function(format, payload)).DefaultTimeout();
        return session;
    }

    protected Task<WorkerSession> StartAsync(string format, ReadOnlyMemory<byte> payload = default) => StartAsync(CreateDispatcher(), format, payload);

    protected static WorkerInit Function(string format, ReadOnlyMemory<byte> payload = default) => new(new WorkerPayload(format, payload));

    /// <summary>The error knows the worker that it is about.</summary>
    protected void AssertNamesTheWorker(WorkerException error)
    {
        Assert.Equal(Trace.ProcessIds[^1], error.ProcessId);
        Assert.Equal(Trace.Addresses[^1], error.Endpoint);
        Assert.False(string.IsNullOrEmpty(error.WorkerId));
    }

    /// <summary>Nothing of the workers is there, and no address; of a dispatcher that is open its own things may be.</summary>
    protected void AssertNothingLeft()
    {
        string[] addresses = [.. Trace.Addresses];
        Assert.Empty(Trace.FindLeftovers().Concat(_dispatchers.SelectMany(dispatcher => Transport.FindLeftovers(dispatcher, addresses))));
    }
}
