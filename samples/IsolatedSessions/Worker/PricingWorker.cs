using System.Globalization;
using System.Runtime.Loader;
using System.Text;
using Udf.Worker.Host;
using Udf.Worker.Isolation;

namespace IsolatedSessions.Worker;

/// <summary>A worker that knows no function by itself but one: what of its sessions is in its memory.</summary>
internal static class PricingWorker
{
    /// <summary>The format of the payload that asks for the report.</summary>
    public const string ReportFormat = "sample.memory";

    public const int MaximumConcurrentExecutions = 16;

    /// <summary>How long a worker keeps a session that nobody uses. Minutes, in earnest.</summary>
    public static TimeSpan IdleTimeout { get; } = TimeSpan.FromMilliseconds(400);

    public static async Task<int> RunAsync(string[] arguments)
    {
        await using Udf.Worker.Isolation.IsolatedSessions sessions = new(new IsolatedSessionOptions { IdleTimeout = IdleTimeout, LoadOrder = AssemblyLoadOrder.OwnFirst });
        return await UdfWorkerHost.RunAsync(
            arguments,
            functions => functions.AddResolver(sessions).Map(ReportFormat, _ => Report()),
            new UdfWorkerOptions { MaximumConcurrentExecutions = MaximumConcurrentExecutions });
    }

    /// <summary>The managed memory in bytes, and the load contexts of sessions that are in memory.</summary>
    private static ReadOnlyMemory<byte> Report()
    {
        // What was unloaded goes in several collections.
        for (int round = 0; round < 10; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        IEnumerable<string> contexts = AssemblyLoadContext.All.Where(context => context.IsCollectible).Select(context => context.Name ?? "");
        string memory = GC.GetTotalMemory(forceFullCollection: true).ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(string.Join('\n', contexts.Prepend(memory)));
    }
}
