using System.Reflection;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>What is measured: a session with the function <c>udf.echo</c> through the public API, streaming. Owns the session.</summary>
internal sealed class WorkerEcho : IAsyncDisposable
{
    private readonly WorkerSession _session;
    private readonly WorkerDispatcher? _dispatcher;
    private readonly BurstInput _input;
    private readonly IAsyncEnumerator<WorkerBatch> _results;

    private WorkerEcho(WorkerSession session, WorkerDispatcher? dispatcher, ReadOnlyMemory<byte> payload)
    {
        _session = session;
        _dispatcher = dispatcher;
        _input = new BurstInput(payload);
        _results = session.ProcessAsync(_input).GetAsyncEnumerator();
    }

    /// <summary>The program of the worker.</summary>
    internal static string WorkerPath => typeof(WorkerEcho).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "TestWorkerPath").Value!;

    /// <summary>The worker, not yet with the transport by which it is reached.</summary>
    internal static WorkerSpecification Worker { get; } = WorkerSpecification
        .ForDotnet(WorkerPath)
        .WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1");

    /// <summary>Starts a worker and initialises the function.</summary>
    /// <param name="dispatcher">Makes the session; disposed with the result.</param>
    /// <param name="payload">What travels; must not change.</param>
    /// <param name="options">How the session behaves.</param>
    internal static Task<WorkerEcho> StartAsync(WorkerDispatcher dispatcher, ReadOnlyMemory<byte> payload, WorkerSessionOptions? options = null) =>
        OpenAsync(dispatcher, payload, options, ownsDispatcher: true);

    /// <summary>Initialises the function in a session of a dispatcher that is not disposed with the result.</summary>
    internal static async Task<WorkerEcho> OpenAsync(WorkerDispatcher dispatcher, ReadOnlyMemory<byte> payload, WorkerSessionOptions? options, bool ownsDispatcher = false)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync(options ?? WorkerSessionOptions.Default);
        await session.InitAsync(new WorkerInit(new WorkerPayload("udf.echo")));
        return new WorkerEcho(session, ownsDispatcher ? dispatcher : null, payload);
    }

    /// <summary>Sends the payload, and waits until all of it has come back as <see cref="Answer"/>.</summary>
    /// <returns>False if the worker ended the stream instead.</returns>
    internal ValueTask<bool> RoundTripAsync()
    {
        _input.Push(1);
        return _results.MoveNextAsync();
    }

    /// <summary>Sends the payload so many times, as far as there is room at once.</summary>
    internal void Push(int count) => _input.Push(count);

    /// <summary>Waits for what comes back next.</summary>
    /// <inheritdoc cref="RoundTripAsync" path="/returns"/>
    internal ValueTask<bool> ReceiveAsync() => _results.MoveNextAsync();

    /// <summary>What came back last; valid until the next.</summary>
    internal ReadOnlySpan<byte> Answer => _results.Current.Span;

    public async ValueTask DisposeAsync()
    {
        _input.End();
        if (await _results.MoveNextAsync())
        {
            throw new InvalidOperationException("The worker sent more than it was asked for.");
        }

        await _results.DisposeAsync();
        await _session.DisposeAsync();
        if (_dispatcher is not null)
        {
            await _dispatcher.DisposeAsync();
        }
    }
}
