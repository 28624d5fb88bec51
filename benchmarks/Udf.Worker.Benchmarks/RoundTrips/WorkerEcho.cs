using System.Reflection;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>What is measured: a worker process with the function <c>udf.echo</c>, and a session on it through the public API, streaming. Owns both.</summary>
internal sealed class WorkerEcho : IAsyncDisposable
{
    private readonly WorkerDispatcher _dispatcher;
    private readonly WorkerSession _session;
    private readonly LockstepInput _input;
    private readonly IAsyncEnumerator<WorkerBatch> _results;
    private bool _isStreaming;

    private WorkerEcho(WorkerDispatcher dispatcher, WorkerSession session, ReadOnlyMemory<byte> payload)
    {
        _dispatcher = dispatcher;
        _session = session;
        _input = new LockstepInput(payload);
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
    internal static async Task<WorkerEcho> StartAsync(WorkerDispatcher dispatcher, ReadOnlyMemory<byte> payload)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync();
        await session.InitAsync(new WorkerInit(new WorkerPayload("udf.echo")));
        return new WorkerEcho(dispatcher, session, payload);
    }

    /// <summary>Sends the payload, and waits until all of it has come back as <see cref="Answer"/>.</summary>
    /// <returns>False if the worker ended the stream instead.</returns>
    internal ValueTask<bool> RoundTripAsync()
    {
        if (_isStreaming)
        {
            _input.Push();
            return _results.MoveNextAsync();
        }

        // The session begins to ask for input when it is asked for its first result.
        _isStreaming = true;
        ValueTask<bool> first = _results.MoveNextAsync();
        _input.Push();
        return first;
    }

    /// <summary>What came back in the last round trip; valid until the next.</summary>
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
        await _dispatcher.DisposeAsync();
    }
}
