using System.Globalization;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The command that sets a worker's limits for itself and then executes what follows it: the shell, which every system has and whose errors begin with the name of the option. A shell hands on only variables
/// whose names are its own kind of names, though; where there are others, such as <c>a.b</c>, it is <c>prlimit</c>.
/// </summary>
internal static class LimitCommand
{
    /// <summary>The option that decides the limits. Also the name under which the shell speaks: what it says of a limit that cannot be set becomes the last line of the error.</summary>
    public const string Option = $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.Limits)}";

    private const string Shell = "/bin/sh";
    private const int FileSizeUnitBytes = 512;
    private const int MemoryUnitBytes = 1024;
    private const int SecondsFromWarningToKill = 5;

    private static readonly Lazy<string?> Prlimit = new(static () => OperatingSystem.IsLinux() ? ExecutableFile.FindOfSystem("prlimit") : null);
    private static readonly Lazy<bool> HostDumpsNoCore = new(ReadHostDumpsNoCore);

    /// <summary>The command; empty if there is nothing to set.</summary>
    /// <param name="limits">What to set.</param>
    /// <param name="variables">What is to reach the worker.</param>
    public static IReadOnlyList<string> For(WorkerLimits limits, IReadOnlyDictionary<string, string> variables)
    {
        bool setsCore = !limits.AllowCoreDumps && !OperatingSystem.IsWindows() && !HostDumpsNoCore.Value;
        if (!setsCore && limits is { OpenFileCount: null, FileSizeBytes: null, CpuTime: null, MemoryBytes: null })
        {
            return [];
        }

        string[] lost = [.. variables.Keys.Where(static name => !IsShellName(name)).Order(StringComparer.Ordinal)];
        if (lost.Length > 0 && Prlimit.Value is { } prlimit)
        {
            return [prlimit, .. Switches(limits, setsCore), "--"];
        }

        if (lost.Length > 0 && OperatingSystem.IsLinux())
        {
            LaunchNotices.SayOnce($"There is no 'prlimit' on this system, and the shell that sets the limits of workers ({Option}) in its place may not hand on environment variables with such names: {string.Join(", ", lost)}.");
        }

        return [Shell, "-c", $"{Script(limits, setsCore)}exec \"$@\"", Option];
    }

    private static bool IsShellName(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_');

    private static string Script(WorkerLimits limits, bool setsCore)
    {
        string text = setsCore ? "ulimit -c 0; " : "";
        if (limits.OpenFileCount is { } files)
        {
            text += $"ulimit -n {Number(files)} || exit; ";
        }

        if (limits.FileSizeBytes is { } bytes)
        {
            text += $"ulimit -f {Number(Units(bytes, FileSizeUnitBytes))} || exit; ";
        }

        if (limits.CpuTime is { } time)
        {
            text += $"ulimit -S -t {Number(Seconds(time))} && ulimit -H -t {Number(Seconds(time) + SecondsFromWarningToKill)} || exit; ";
        }

        if (limits.MemoryBytes is { } memory)
        {
            // The last one: the shell lives under it too.
            text += $"ulimit -v {Number(Units(memory, MemoryUnitBytes))} || exit; ";
        }

        return text;
    }

    private static IEnumerable<string> Switches(WorkerLimits limits, bool setsCore)
    {
        if (setsCore)
        {
            yield return "--core=0";
        }

        if (limits.OpenFileCount is { } files)
        {
            yield return $"--nofile={Number(files)}";
        }

        if (limits.FileSizeBytes is { } bytes)
        {
            yield return $"--fsize={Number(Units(bytes, FileSizeUnitBytes) * FileSizeUnitBytes)}";
        }

        if (limits.CpuTime is { } time)
        {
            yield return $"--cpu={Number(Seconds(time))}:{Number(Seconds(time) + SecondsFromWarningToKill)}";
        }

        if (limits.MemoryBytes is { } memory)
        {
            yield return $"--as={Number(Units(memory, MemoryUnitBytes) * MemoryUnitBytes)}";
        }
    }

    private static long Units(long bytes, int unit) => (bytes / unit) + Math.Sign(bytes % unit);

    // The soft limit; the hard one is higher. Were both the same, the system would kill without the warning by which the cause is known.
    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool ReadHostDumpsNoCore()
    {
        try
        {
            const string Name = "Max core file size";
            return File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal))?[Name.Length..].TrimStart().StartsWith("0 ", StringComparison.Ordinal) ?? false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
