using System.Globalization;
using System.Runtime.Loader;
using System.Text;
using IsolatedSessions.Pricing;
using IsolatedSessions.Worker;
using Spectre.Console;
using Udf.Worker;
using Udf.Worker.Artifacts;

namespace IsolatedSessions.Engine;

/// <summary>Three sessions with three versions of one assembly on two workers, and a lambda beside them; then they are left alone, and the workers forget them.</summary>
internal static class Demonstration
{
    private const int ExecutionCount = 20;

    public static async Task<int> RunAsync()
    {
        TimeSpan idle = TimeSpan.FromMilliseconds(400);
        await using ArtifactStore store = new(new ArtifactStoreOptions { SessionIdleTimeout = idle });
        WorkerProcess[] workers = await Task.WhenAll(WorkerProcess.StartAsync(), WorkerProcess.StartAsync());
        await using WorkerProcess first = workers[0];
        await using WorkerProcess second = workers[1];
        PricingAssembly[] versions = [.. Enumerable.Range(1, 3).Select(PricingAssembly.Build)];
        (int SessionCount, long MemoryBytes)[] before = await ReportAsync(workers);

        // Everything interleaved: all sessions at once, each execution on the other worker than the one before.
        List<Tally> tallies = [.. await Task.WhenAll([.. versions.Select(version => RunVersionAsync(store, workers, version)), RunLambdaAsync(store, workers)])];

        // The first session is not used any more; the second is, until the first has expired in its middle.
        string leftAlone = store.GetOrCreateSession("ann", "prices 1").Directory;
        Tally further = await RunUntilAsync(store, workers, versions[1], () => !Directory.Exists(leftAlone));
        tallies.Add(further);
        (int SessionCount, long MemoryBytes)[] during = await ReportAsync(workers);

        // Then nobody uses any.
        (int SessionCount, long MemoryBytes)[] after = during;
        for (int attempt = 0; attempt < 100 && after.Any(report => report.SessionCount > 0); attempt++)
        {
            await Task.Delay(PricingWorker.IdleTimeout / 4);
            after = await ReportAsync(workers);
        }

        Show(tallies, before, during, after);
        return tallies.Any(tally => tally.WrongCount > 0) || after.Any(report => report.SessionCount > 0) ? 1 : 0;
    }

    private static async Task<Tally> RunVersionAsync(ArtifactStore store, WorkerProcess[] workers, PricingAssembly pricing)
    {
        int version = pricing.Version;
        Tally tally = new($"ann / prices {version}", $"{version}");
        await store.WithSessionAsync("ann", $"prices {version}", async session =>
        {
            await session.AddAsync("assemblies/Pricing.dll", pricing.Bytes);
            UdfPayload function = UdfPayload.FromDelegate(pricing.Function);
            await function.AddToAsync(session);
            for (int quantity = 1; quantity <= ExecutionCount; quantity++)
            {
                await QuoteAsync(workers[(quantity + version) % workers.Length], new WorkerInit(function.Payload).WithArtifacts(session.Artifacts), tally, version, quantity);
            }

            return true;
        });
        return tally;
    }

    private static async Task<Tally> RunUntilAsync(ArtifactStore store, WorkerProcess[] workers, PricingAssembly pricing, Func<bool> isOver)
    {
        Tally tally = new("ann / prices 2, while 1 expires", "2");
        await store.WithSessionAsync("ann", "prices 2", async session =>
        {
            await session.AddAsync("assemblies/Pricing.dll", pricing.Bytes);
            WorkerInit init = new WorkerInit(UdfPayload.FromDelegate(pricing.Function).Payload).WithArtifacts(session.Artifacts);
            int quantity = 0;
            do
            {
                quantity++;
                await QuoteAsync(workers[quantity % workers.Length], init, tally, 2, quantity);
            }
            while (!isOver() || quantity < ExecutionCount);
            return true;
        });
        return tally;
    }

    private static async Task<Tally> RunLambdaAsync(ArtifactStore store, WorkerProcess[] workers)
    {
        Tally tally = new("bob / a lambda", "lambda");
        double rate = 1.19;
        UdfPayload lambda = Ship(rate, ["net", "gross"]);
        await store.WithSessionAsync("bob", "lambda", async session =>
        {
            await lambda.AddToAsync(session);
            for (int net = 1; net <= ExecutionCount; net++)
            {
                string[] answer = (await workers[net % workers.Length].RunAsync(new WorkerInit(lambda.Payload).WithArtifacts(session.Artifacts), $"{net}")).Split('|');
                tally.Add(answer[1], answer[2], answer[0] == string.Create(CultureInfo.InvariantCulture, $"gross {net * rate}"));
            }

            return true;
        });
        return tally;
    }

    // In a method of its own: lambdas of one scope share the object that keeps their variables, and only this one's are to travel.
    private static UdfPayload Ship(double rate, string[] names) => UdfPayload.FromDelegate((ReadOnlyMemory<byte> batch) =>
    {
        double net = double.Parse(Encoding.UTF8.GetString(batch.Span), CultureInfo.InvariantCulture);
        string context = AssemblyLoadContext.GetLoadContext(typeof(Demonstration).Assembly)!.Name!;
        return (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{names[1]} {net * rate}|lambda|{context}"));
    });

    private static async Task QuoteAsync(WorkerProcess worker, WorkerInit init, Tally tally, int version, int quantity)
    {
        string[] answer = (await worker.RunAsync(init, $"{quantity}")).Split('|');
        tally.Add(answer[1], answer[2], answer[0] == $"{PricingAssembly.Price(version, quantity)}" && answer[1] == $"{version}");
    }

    private static Task<(int SessionCount, long MemoryBytes)[]> ReportAsync(WorkerProcess[] workers) => Task.WhenAll(workers.Select(worker => worker.ReportAsync()));

    private static void Show(List<Tally> tallies, (int SessionCount, long MemoryBytes)[] before, (int SessionCount, long MemoryBytes)[] during, (int SessionCount, long MemoryBytes)[] after)
    {
        Table answers = new Table().AddColumns("session", "executions answered by version", "wrong", "loaded in");
        foreach (Tally tally in tallies)
        {
            answers.AddRow(
                tally.Session, string.Join(", ", tally.Versions.Select(version => $"{version.Value} by {version.Key}")), $"{tally.WrongCount}", string.Join(", ", tally.Origins.Keys));
        }

        Table memory = new Table().AddColumns("worker", "before", "in use", "after");
        for (int worker = 0; worker < before.Length; worker++)
        {
            memory.AddRow($"{worker + 1}", Text(before[worker]), Text(during[worker]), Text(after[worker]));
        }

        AnsiConsole.Write(answers);
        AnsiConsole.Write(memory);

        static string Text((int SessionCount, long MemoryBytes) report) => string.Create(CultureInfo.InvariantCulture, $"sessions: {report.SessionCount}, {report.MemoryBytes / 1024:N0} KiB");
    }
}
