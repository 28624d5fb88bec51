namespace Udf.Worker.Direct.Tests;

/// <summary>Looks at processes from outside.</summary>
internal static class ProcessProbe
{
    /// <summary>Whether there is such a process, running or as a zombie.</summary>
    public static bool Exists(int processId) => Directory.Exists($"/proc/{processId}");

    /// <summary>Whether there is such a process and it is not a zombie.</summary>
    public static bool IsRunning(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until there is no such process but perhaps a zombie, which is for its parent to bury.</summary>
    public static async Task WaitUntilGoneAsync(params int[] processIds)
    {
        while (processIds.Any(IsRunning))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>The processes, zombies apart, in whose environment a variable has a value that begins so.</summary>
    public static int[] WithVariable(string name, string value) => Find("environ", entry => entry.StartsWith($"{name}={value}", StringComparison.Ordinal));

    /// <summary>The processes, zombies apart, that were started by a host, directly or not.</summary>
    public static int[] OfHost(int processId) => WithVariable("UDF_WORKER_HOST", $"{processId}-");

    /// <summary>The wardens of a host.</summary>
    public static int[] WardensOf(int processId) => [.. Find("cmdline", "udf-worker-warden".Equals).Intersect(Find("cmdline", entry => entry.StartsWith($"{processId}-", StringComparison.Ordinal)))];

    /// <summary>The children of a process that have ended and were not buried.</summary>
    public static int[] ZombiesOf(int processId) =>
        [.. All().Where(child => Read($"/proc/{child}/stat") is { Length: > 0 } stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith($"Z {processId} ", StringComparison.Ordinal))];

    /// <summary>How many pipes a process has open.</summary>
    public static int PipeCount(int processId) => new DirectoryInfo($"/proc/{processId}/fd").EnumerateFiles().Count(static file => file.LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) ?? false);

    private static int[] Find(string file, Func<string, bool> isMeant) => [.. All().Where(processId => Read($"/proc/{processId}/{file}").Split('\0').Any(isMeant))];

    private static int[] All() => [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(int.Parse!)];

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
