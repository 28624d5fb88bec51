using System.Globalization;

namespace Udf.Worker.Transport.Tcp.Internal;

/// <summary>
/// Who listens at a port of this machine, as far as <c>/proc</c> tells: the worker that was given the port (or something that it has started), or somebody else who was there first.
/// Looked at only when what answers is not the worker.
/// </summary>
internal static class PortOwner
{
    private const string Listening = "0A";

    /// <summary>Whether it is known that the port belongs to another process than a worker and what it has started.</summary>
    /// <returns><see langword="false"/> also where it cannot be found out.</returns>
    internal static bool IsSomebodyElse(int port, int workerId)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            HashSet<string> sockets = [.. ListeningSockets("/proc/net/tcp", port), .. ListeningSockets("/proc/net/tcp6", port)];
            return sockets.Count > 0 && !FamilyOf(workerId).Any(process => HoldsOneOf(process, sockets));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The sockets that listen at a port, as their descriptors link to them. See proc(5), /proc/net/tcp.</summary>
    private static IEnumerable<string> ListeningSockets(string table, int port)
    {
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return File.Exists(table)
            ? File.ReadLines(table)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(suffix, StringComparison.Ordinal))
                .Select(fields => $"socket:[{fields[9]}]")
            : [];
    }

    /// <summary>A process and all that descends from it.</summary>
    private static HashSet<int> FamilyOf(int processId)
    {
        List<(int Id, int Parent)> all = [.. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (id, ParentOf(id)))];
        HashSet<int> family = [processId];
        while (all.Any(process => family.Contains(process.Parent) && family.Add(process.Id)))
        {
        }

        return family;
    }

    private static int ParentOf(int processId)
    {
        try
        {
            // The name stands in parentheses and may hold anything; state and parent come after the last one.
            string stat = File.ReadAllText($"/proc/{processId}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return 0;
        }
    }

    private static bool HoldsOneOf(int processId, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{processId}/fd").Any(path => new FileInfo(path).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }
}
