using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>Short sessions through the public API, over a Unix domain socket: made, initialised with <c>udf.echo</c>, one small batch there and back, closed.</summary>
internal static class EchoSessions
{
    private static readonly WorkerInit Init = new(new WorkerPayload("udf.echo"));
    private static readonly byte[] Payload = TestPayload.Create(64);

    /// <summary>What their sessions come from, with workers that serve one after another.</summary>
    internal static UdsWorkerDispatcher Reusing(int maxWorkers = 1)
    {
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = maxWorkers;
        return new UdsWorkerDispatcher(WorkerEcho.Worker.WithReuse().OverUnixDomainSocket(), options);
    }

    /// <summary>The same with workers that serve one session and end with it.</summary>
    internal static UdsWorkerDispatcher Fresh() => new(WorkerEcho.Worker.OverUnixDomainSocket());

    /// <summary>Runs a session from its creation until it is closed.</summary>
    /// <returns>How long it took until the answer was there, without the end of the session.</returns>
    internal static async Task<TimeSpan> RunAsync(WorkerDispatcher dispatcher)
    {
        long begun = TimeProvider.System.GetTimestamp();
        await using WorkerSession session = await dispatcher.CreateSessionAsync();
        return await EchoAsync(session, begun);
    }

    /// <summary>Runs a session that was made.</summary>
    /// <param name="session">It.</param>
    /// <param name="begun">When the time begins that is returned.</param>
    internal static async Task<TimeSpan> EchoAsync(WorkerSession session, long begun)
    {
        TimeSpan? first = null;
        await session.InitAsync(Init);
        await foreach (WorkerBatch answer in session.ProcessAsync(OneBatch()))
        {
            first ??= TimeProvider.System.GetElapsedTime(begun);
            TestPayload.Check(answer.Span, Payload);
        }

        return first ?? throw new InvalidOperationException("The worker ended the stream instead of answering.");
    }

#pragma warning disable CS1998 // It has its batch already.
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> OneBatch()
#pragma warning restore CS1998
    {
        yield return Payload;
    }
}
