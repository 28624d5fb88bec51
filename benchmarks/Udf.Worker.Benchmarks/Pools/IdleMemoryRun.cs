using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>
/// Prints how much memory an idle .NET worker holds: resident, and its share when pages that several processes map are divided among them. The baseline is a process of this program that echoes over
/// plain blocking sockets.
/// </summary>
internal static class IdleMemoryRun
{
    internal const string Mode = "idle-memory";

    private const int WorkerCount = 8;

    // How many each worker has served when it is looked at.
    private static readonly int[] SessionCounts = [1, 1_000, 2_000, 5_000, 10_000, 20_000];

    // What a worker does after its last session is over by then.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    internal static async Task RunAsync()
    {
        Console.WriteLine($"Median of {WorkerCount} processes, in MiB.");
        Console.WriteLine();
        Console.WriteLine("| | resident | proportional share |");
        Console.WriteLine("|---|---|---|");
        RawEcho[] servers = [.. Enumerable.Range(0, WorkerCount).Select(static index => RawEcho.OverUnixDomainSocket(64 + index))];
        await PrintAsync("a process with blocking sockets", [.. servers.Select(static server => server.ProcessId)]);
        Array.ForEach(servers, static server => server.Dispose());

        await using UdsWorkerDispatcher dispatcher = EchoSessions.Reusing(WorkerCount);
        await dispatcher.WarmUpAsync(WorkerCount);
        await PrintAsync("a worker before its first session", await ProcessesAsync(dispatcher));
        int served = 0;
        foreach (int count in SessionCounts)
        {
            await RunSessionsAsync(dispatcher, count - served);
            served = count;
            await PrintAsync(FormattableString.Invariant($"a worker after {count:N0} sessions"), await ProcessesAsync(dispatcher));
        }
    }

    // As many at a time as there are workers; with one each, all of them wait for each other.
    private static async Task RunSessionsAsync(UdsWorkerDispatcher dispatcher, int count)
    {
        for (int round = 0; round < count; round++)
        {
            WorkerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, WorkerCount).Select(_ => dispatcher.CreateSessionAsync().AsTask()));
            foreach (WorkerSession session in sessions)
            {
                await EchoSessions.EchoAsync(session, begun: 0);
                await session.DisposeAsync();
            }
        }
    }

    private static async Task<int[]> ProcessesAsync(UdsWorkerDispatcher dispatcher)
    {
        PoolLease[] leases = await Task.WhenAll(Enumerable.Range(0, WorkerCount).Select(_ => dispatcher.Pool.AcquireAsync(scope: null, since: null, CancellationToken.None).AsTask()));
        foreach (PoolLease lease in leases)
        {
            await lease.ReturnAsync(lease.Number, fault: null);
        }

        return [.. leases.Select(static lease => lease.ProcessId!.Value)];
    }

    private static async Task PrintAsync(string name, int[] processes)
    {
        await Task.Delay(Settling, TimeProvider.System);
        Console.WriteLine(FormattableString.Invariant($"| {name} | {Median(processes, "Rss:"):F1} | {Median(processes, "Pss:"):F1} |"));
    }

    private static double Median(int[] processes, string field) =>
        processes.Select(process => ReadMiB(process, field)).Order().ElementAt(processes.Length / 2);

    private static double ReadMiB(int process, string field)
    {
        string line = File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024;
    }
}
