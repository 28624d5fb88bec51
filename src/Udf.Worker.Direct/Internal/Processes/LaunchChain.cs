using System.ComponentModel;
using System.Globalization;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The command that is really started: <c>setsid</c>, then a shell that sets the limits, then <c>nice</c>, then the program. Each executes the next one in its own place, so the process id stays.
/// </summary>
/// <param name="Executable">What is started.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="LeadsGroup">Whether the process will lead a process group of its own.</param>
internal sealed record LaunchChain(string Executable, IReadOnlyList<string> Arguments, bool LeadsGroup)
{
    private const string Shell = "/bin/sh";

    // The name under which the shell speaks: what it says of a limit that cannot be set becomes the last line of the error.
    private const string ShellName = $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.Limits)}";
    private const int FileSizeUnitBytes = 512;
    private const int SecondsFromWarningToKill = 5;

    private static readonly Lazy<string?> Setsid = new(() => OperatingSystem.IsLinux() ? Find("setsid") : null);
    private static readonly Lazy<bool> HostDumpsNoCore = new(ReadHostDumpsNoCore);

    /// <summary>Where <c>setsid</c> is; <see langword="null"/> if there is none.</summary>
    public static string? SetsidPath => Setsid.Value;

    /// <summary>The chain for a launch.</summary>
    /// <exception cref="Win32Exception">The program cannot be executed: found here, because what stands before it in the chain would hide the system's answer.</exception>
    public static LaunchChain For(WorkerLaunch launch)
    {
        string? setsid = Setsid.Value;
        string limits = Limits(launch.Limits);
        bool isNice = launch.Limits.Niceness != 0;
        if (OperatingSystem.IsWindows() && (limits.Length > 0 || isNice))
        {
            throw new LaunchRefusedException($"Limits ({ShellName}) are not available on Windows. Leave them out.");
        }

        if (setsid is null)
        {
            LaunchNotices.SayOnce("There is no 'setsid' on this system: workers stay in the process group of this host. Of what a worker has started, only what is still its descendant is ended with it, and a host that is killed leaves workers behind that do not watch their standard input.");
        }

        if (setsid is null && limits.Length == 0 && !isNice)
        {
            return new LaunchChain(launch.Executable, launch.Arguments, LeadsGroup: false);
        }

        List<string> command = [];
        if (setsid is not null)
        {
            command.Add(setsid);
        }

        if (limits.Length > 0)
        {
            command.AddRange([Shell, "-c", $"{limits}exec \"$@\"", ShellName]);
        }

        if (isNice)
        {
            command.AddRange([Find("nice") ?? throw new LaunchRefusedException($"There is no 'nice' in PATH, which {ShellName}.{nameof(WorkerLimits.Niceness)} needs."), "-n", Number(launch.Limits.Niceness)]);
        }

        command.Add(ExecutableFile.Find(launch.Executable, launch.EnvironmentVariables, launch.WorkingDirectory));
        command.AddRange(launch.Arguments);
        return new LaunchChain(command[0], command[1..], setsid is not null);
    }

    private static string Limits(WorkerLimits limits)
    {
        string text = "";
        if (!limits.AllowCoreDumps && !OperatingSystem.IsWindows() && !HostDumpsNoCore.Value)
        {
            text += "ulimit -c 0; ";
        }

        if (limits.OpenFileCount is { } files)
        {
            text += $"ulimit -n {Number(files)} || exit; ";
        }

        if (limits.FileSizeBytes is { } bytes)
        {
            text += $"ulimit -f {Number((bytes / FileSizeUnitBytes) + Math.Sign(bytes % FileSizeUnitBytes))} || exit; ";
        }

        if (limits.CpuTime is { } time)
        {
            // Were both the same, the system would kill without the warning by which the cause is known.
            long seconds = (long)Math.Ceiling(time.TotalSeconds);
            text += $"ulimit -S -t {Number(seconds)} && ulimit -H -t {Number(seconds + SecondsFromWarningToKill)} || exit; ";
        }

        if (limits.MemoryBytes is { } memory)
        {
            // The last one: the shell lives under it too.
            text += $"ulimit -v {Number((memory / 1024) + Math.Sign(memory % 1024))} || exit; ";
        }

        return text;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string? Find(string program)
    {
        try
        {
            return ExecutableFile.Find(program, new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, workingDirectory: null);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

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
