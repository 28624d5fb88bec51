using System.Runtime.Loader;
using System.Text;

namespace Udf.Worker.Isolation.Worker;

/// <summary>What this process holds, as a line of numbers: load contexts of sessions, managed bytes, descriptors, KiB of memory of its own.</summary>
internal static class Holdings
{
    public const string Format = "test.holdings";

    public static ReadOnlyMemory<byte> Take()
    {
        // What was unloaded goes in several collections.
        for (int round = 0; round < 10; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        int contexts = AssemblyLoadContext.All.Count(context => context.IsCollectible);
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        int descriptors = Directory.GetFiles("/proc/self/fd").Length;
        string own = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        return Encoding.UTF8.GetBytes($"{contexts} {managed} {descriptors} {own}");
    }
}
