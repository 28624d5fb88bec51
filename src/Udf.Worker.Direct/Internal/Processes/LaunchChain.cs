using System.ComponentModel;
using System.Globalization;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The command that is really started: <c>setsid</c>, then what sets the limits, then <c>nice</c>, then the program. Each executes the next one in its own place, so the process id stays.
/// </summary>
/// <param name="Executable">What is started.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="LeadsGroup">Whether the process will lead a process group of its own.</param>
internal sealed record LaunchChain(string Executable, IReadOnlyList<string> Arguments, bool LeadsGroup)
{
    private static readonly Lazy<string?> Setsid = new(() => OperatingSystem.IsLinux() ? ExecutableFile.FindOfSystem("setsid") : null);

    /// <summary>Where <c>setsid</c> is; <see langword="null"/> if there is none.</summary>
    public static string? SetsidPath => Setsid.Value;

    /// <summary>The chain for a launch.</summary>
    /// <exception cref="Win32Exception">The program cannot be executed: found here, because what stands before it in the chain would hide the system's answer.</exception>
    public static LaunchChain For(WorkerLaunch launch)
    {
        string? setsid = Setsid.Value;
        IReadOnlyList<string> limits = LimitCommand.For(launch.Limits, launch.EnvironmentVariables);
        bool isNice = launch.Limits.Niceness != 0;
        if (OperatingSystem.IsWindows() && (limits.Count > 0 || isNice))
        {
            throw new LaunchRefusedException($"Limits ({LimitCommand.Option}) are not available on Windows. Leave them out.");
        }

        if (setsid is null)
        {
            LaunchNotices.SayOnce("There is no 'setsid' on this system: workers stay in the process group of this host. Of what a worker has started, only what is still its descendant is ended with it, and a host that is killed leaves workers behind that do not watch their standard input.");
        }

        if (setsid is null && limits.Count == 0 && !isNice)
        {
            return new LaunchChain(launch.Executable, launch.Arguments, LeadsGroup: false);
        }

        List<string> command = [];
        if (setsid is not null)
        {
            command.Add(setsid);
        }

        command.AddRange(limits);
        if (isNice)
        {
            command.AddRange([ExecutableFile.FindOfSystem("nice") ?? throw new LaunchRefusedException($"There is no 'nice' in PATH, which {LimitCommand.Option}.{nameof(WorkerLimits.Niceness)} needs."), "-n", launch.Limits.Niceness.ToString(CultureInfo.InvariantCulture)]);
        }

        command.Add(ExecutableFile.Find(launch.Executable, launch.EnvironmentVariables, launch.WorkingDirectory));
        command.AddRange(launch.Arguments);
        return new LaunchChain(command[0], command[1..], setsid is not null);
    }
}
