using System.Runtime.InteropServices;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What is to be said of the machine beside figures.</summary>
internal static class Machine
{
    internal static string Describe()
    {
        string processor = ValueOf("/proc/cpuinfo", "model name") ?? "unknown processor";
        string memory = ValueOf("/proc/meminfo", "MemTotal") is { } total ? $"{long.Parse(total.Split(' ')[0]) / 1024 / 1024} GiB" : "unknown memory";
        return $"{Environment.ProcessorCount} CPUs ({processor}), {memory}, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>How busy the machine is, as the system says: the mean number of threads that ran or wanted to in the last 1, 5 and 15 minutes.</summary>
    internal static string Load() => string.Join(", ", File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    private static string? ValueOf(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
}
