using IsolatedSessions.Pricing;
using IsolatedSessions.Worker;
using Udf.Worker.Artifacts;

namespace IsolatedSessions.Engine;

/// <summary>Three sessions with three versions of one assembly on two pooled workers, and a lambda beside them; then they are left alone, one after the other, and the workers forget them.</summary>
internal static class Demonstration
{
    /// <summary>How much of a worker's memory may be more at the end than at the beginning; one session's price table is twice that.</summary>
    private const long AllowedGrowthBytes = 4L << 20;

    public static async Task<int> RunAsync()
    {
        await using ArtifactStore store = new(new ArtifactStoreOptions { SessionIdleTimeout = PricingWorker.IdleTimeout });
        await using PricingPool pool = await PricingPool.StartAsync();
        using SessionRuns runs = new(store, pool);
        PricingAssembly[] versions = [.. Enumerable.Range(1, 3).Select(PricingAssembly.Build)];
        List<(string When, SortedDictionary<string, WorkerReport> Workers)> memory = [("before", await pool.ReportAsync())];

        // Everything interleaved: all sessions at once, each execution on the worker that has less to do.
        Tally[] together = await Task.WhenAll([.. versions.Select(runs.RunVersionAsync), runs.RunLambdaAsync()]);
        memory.Add(("all sessions used", await pool.ReportAsync()));

        // The first session is not used any more, and expires in the middle of executions of the second.
        Tally during = await runs.RunWhileExpiringAsync(versions[1], versions[0]);
        memory.Add(("session 1 expired, 2 in use", runs.AfterExpiry!));

        // Then nobody uses any.
        SortedDictionary<string, WorkerReport> after = await runs.WaitUntilForgottenAsync();
        memory.Add(("all expired", after));

        Tally[] tallies = [.. together, during];
        DemonstrationTables.Show(tallies, runs, memory);
        int problems = tallies.Sum(tally => tally.WrongCount);
        problems += after.Count(worker => worker.Value.Sessions.Count > 0 || worker.Value.MemoryBytes > memory[0].Workers[worker.Key].MemoryBytes + AllowedGrowthBytes);
        return problems > 0 ? 1 : 0;
    }
}
