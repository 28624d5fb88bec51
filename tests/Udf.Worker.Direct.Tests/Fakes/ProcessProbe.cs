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
}
