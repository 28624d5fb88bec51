using System.Globalization;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>How often the threads of processes have been taken off a CPU or left it by themselves, as <c>/proc</c> says. Threads that have ended are not in it.</summary>
internal static class ContextSwitches
{
    /// <summary>Counts those of this process.</summary>
    internal static long OfThisProcess() => Of(Environment.ProcessId);

    /// <summary>Counts those of a process.</summary>
    /// <returns>The number, both kinds together; 0 if the process is gone.</returns>
    internal static long Of(int processId)
    {
        long sum = 0;
        try
        {
            foreach (string task in Directory.EnumerateDirectories($"/proc/{processId}/task"))
            {
                sum += OfTask(task);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // The process has ended.
        }

        return sum;
    }

    /// <summary>Finds the processes that come from this one.</summary>
    internal static int[] Descendants()
    {
        var parents = new Dictionary<int, int>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && TryReadParent(id, out int parent))
            {
                parents[id] = parent;
            }
        }

        return [.. parents.Keys.Where(id => ComesFromHere(id, parents))];
    }

    private static bool ComesFromHere(int id, Dictionary<int, int> parents)
    {
        while (parents.TryGetValue(id, out int parent))
        {
            if (parent == Environment.ProcessId)
            {
                return true;
            }

            id = parent;
        }

        return false;
    }

    private static bool TryReadParent(int id, out int parent)
    {
        parent = 0;
        try
        {
            // "id (name) state parent …"; the name may hold anything.
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return int.TryParse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], NumberStyles.None, CultureInfo.InvariantCulture, out parent);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static long OfTask(string task)
    {
        try
        {
            return File.ReadLines(Path.Combine(task, "status"))
                .Where(static line => line.Contains("_ctxt_switches:", StringComparison.Ordinal))
                .Sum(static line => long.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
