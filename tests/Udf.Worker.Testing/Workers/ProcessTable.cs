using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Udf.Worker.Testing;

/// <summary>The processes of this machine, seen from outside.</summary>
public static class ProcessTable
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const int SigStop = 19;
    private const int SigContinue = 18;

    /// <summary>Whether there is such a process, running or as a zombie.</summary>
    public static bool Exists(int processId) => Directory.Exists($"/proc/{processId}");

    /// <summary>Whether there is such a process and it is not a zombie.</summary>
    public static bool IsRunning(int processId) => State(processId) is not (null or 'Z' or 'X');

    /// <summary>The processes that were started with a text in their environment, and what inherited it from them. Zombies have no environment any more.</summary>
    public static IReadOnlyList<int> WithEnvironment(string text)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(text);
        return [.. All().Where(id => Contents($"/proc/{id}/environ").AsSpan().IndexOf(wanted) >= 0)];
    }

    /// <summary>The children of a process.</summary>
    public static IReadOnlyList<int> ChildrenOf(int processId) => [.. All().Where(id => ParentOf(id) == processId)];

    /// <summary>The children of a process that have ended and that it has not reaped.</summary>
    public static IReadOnlyList<int> ZombiesOf(int processId) => [.. ChildrenOf(processId).Where(id => State(id) == 'Z')];

    /// <summary>What the process runs as, for messages.</summary>
    public static string CommandLine(int processId) =>
        $"{Encoding.UTF8.GetString(Contents($"/proc/{processId}/cmdline")).Replace('\0', ' ').Trim()} (state {State(processId)})";

    /// <summary>How much processor time a process has used, in ticks of the system (usually 10 ms).</summary>
    public static long CpuTicks(int processId) =>
        Fields(processId) is { Length: > 12 } fields ? long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture) : 0;

    /// <summary>How much memory a process has in use, in bytes.</summary>
    public static long ResidentBytes(int processId) =>
        Encoding.ASCII.GetString(Contents($"/proc/{processId}/statm")).Split(' ') is [_, var pages, ..] ? long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize : 0;

    public static void Signal(int processId, int signal)
    {
        if (Kill(processId, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {processId}: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Stops a process, and returns when all its threads stand still: the signal alone only asks for that, and a thread that runs goes on for a moment.</summary>
    public static void Stop(int processId)
    {
        Signal(processId, SigStop);
        SpinWait spin = default;
        while (!Directory.EnumerateDirectories($"/proc/{processId}/task").All(thread => FieldsIn($"{thread}/stat") is [] or ["T", ..]))
        {
            spin.SpinOnce();
        }
    }

    /// <summary>Lets a process that was stopped go on.</summary>
    public static void Continue(int processId) => Signal(processId, SigContinue);

    /// <summary>Ends when the process is gone, or only a zombie is left of it: nobody tells who is not its parent, so it is looked for again and again.</summary>
    public static async Task WaitForExitAsync(int processId)
    {
        while (IsRunning(processId))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0);

    private static char? State(int processId) => Fields(processId) is [{ Length: 1 } state, ..] ? state[0] : null;

    private static int? ParentOf(int processId) => Fields(processId) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : null;

    // From the state on: the name before it may hold anything.
    private static string[] Fields(int processId) => FieldsIn($"/proc/{processId}/stat");

    private static string[] FieldsIn(string path)
    {
        string stat = Encoding.UTF8.GetString(Contents(path));
        int name = stat.LastIndexOf(')');
        return name < 0 ? [] : stat[(name + 2)..].Split(' ');
    }

    private static byte[] Contents(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or belongs to somebody else.
            return [];
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
