using System.Globalization;
using Udf.Worker.Artifacts;
using Udf.Worker.Benchmarks.Pools;
using Udf.Worker.Direct;
using Udf.Worker.Host;
using Udf.Worker.Isolation;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Isolation;

/// <summary>
/// Prints what an execution pays for its isolated session on the whole way: a warm pooled worker, over a Unix domain socket, from the making of the session to its end, with one small batch. With and without
/// isolation take turns, so that what else happens on the machine happens to both; the difference of the medians is the answer.
/// </summary>
internal static class IsolationOverheadRun
{
    internal const string Mode = "isolation-overhead";
    internal const string WorkerMode = "isolated-worker";

    private const int WarmUpCount = 2_000;
    private const int DefaultCount = 10_000;

    internal static async Task RunAsync(string[] args)
    {
        int count = args is [string number] ? int.Parse(number, CultureInfo.InvariantCulture) : DefaultCount;
        await using ArtifactStore store = new();
        await using UdsWorkerDispatcher dispatcher = CreateDispatcher();
        WorkerPayload payload = UdfPayload.FromDelegate(Echo).Payload;
        (string Name, WorkerInit Init)[] ways =
        [
            ("without a session (baseline)", new WorkerInit(payload)),
            ("in a session with 1 artifact", new WorkerInit(payload).WithArtifacts((await SessionAsync(store, 1)).Artifacts)),
            ("in a session with 100 artifacts", new WorkerInit(payload).WithArtifacts((await SessionAsync(store, 100)).Artifacts)),
        ];

        TimeSpan[][] times = [.. ways.Select(_ => new TimeSpan[count])];
        for (int round = -WarmUpCount; round < count; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                TimeSpan time = await RunAsync(dispatcher, ways[way].Init);
                if (round >= 0)
                {
                    times[way][round] = time;
                }
            }
        }

        Console.WriteLine($"{count} executions of a shipped function each, in turns: session made, initialised, one batch of 64 bytes, closed. Times in us.");
        Console.WriteLine();
        Console.WriteLine("| | p25 | p50 | p75 | p50 more than without |");
        Console.WriteLine("|---|---|---|---|---|");
        Distribution[] distributions = [.. times.Select(all => new Distribution(all))];
        for (int way = 0; way < ways.Length; way++)
        {
            Distribution of = distributions[way];
            Console.WriteLine(FormattableString.Invariant(
                $"| {ways[way].Name} | {of[0.25].TotalMicroseconds:F1} | {of[0.5].TotalMicroseconds:F1} | {of[0.75].TotalMicroseconds:F1} | {(of[0.5] - distributions[0][0.5]).TotalMicroseconds:F1} |"));
        }
    }

    /// <summary>The worker: this program once more.</summary>
    internal static async Task<int> ServeAsync(string[] args)
    {
        await using IsolatedSessions sessions = new();
        return await UdfWorkerHost.RunAsync(args, functions => functions.AddResolver(sessions));
    }

    private static UdsWorkerDispatcher CreateDispatcher()
    {
        string program = Environment.ProcessPath!;
        WorkerSpecification worker = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? WorkerSpecification.ForCommand(program, typeof(IsolationOverheadRun).Assembly.Location, WorkerMode)
            : WorkerSpecification.ForCommand(program, WorkerMode);
        DirectWorkerOptions options = new();
        options.Pool.MaxWorkers = 1;
        return new UdsWorkerDispatcher(worker.WithReuse().OverUnixDomainSocket(), options);
    }

    private static async Task<ArtifactSession> SessionAsync(ArtifactStore store, int artifactCount)
    {
        ArtifactSession session = store.GetOrCreateSession("u", $"{artifactCount}");
        for (int index = 0; index < artifactCount; index++)
        {
            await session.AddAsync($"assemblies/Library.Number{index}.dll", new byte[] { 1 });
        }

        return session;
    }

    private static async Task<TimeSpan> RunAsync(WorkerDispatcher dispatcher, WorkerInit init)
    {
        byte[] batch = TestPayload.Create(64);
        long begun = TimeProvider.System.GetTimestamp();
        await using (WorkerSession session = await dispatcher.CreateSessionAsync())
        {
            await session.InitAsync(init);
            await foreach (WorkerBatch answer in session.ProcessAsync(One(batch)))
            {
                TestPayload.Check(answer.Span, batch);
            }
        }

        return TimeProvider.System.GetElapsedTime(begun);
    }

#pragma warning disable CS1998 // It has its batch already.
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> One(byte[] batch)
#pragma warning restore CS1998
    {
        yield return batch;
    }

    private static ReadOnlyMemory<byte> Echo(ReadOnlyMemory<byte> batch) => batch;
}
