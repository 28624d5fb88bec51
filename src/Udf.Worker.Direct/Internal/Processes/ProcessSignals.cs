using System.Runtime.InteropServices;

namespace Udf.Worker.Direct.Internal;

/// <summary>The one place that sends signals, and that knows their names.</summary>
internal static partial class ProcessSignals
{
    /// <summary>No signal: asks only whether there is somebody.</summary>
    public const int None = 0;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGCONT.</summary>
    public static readonly int Continue = OperatingSystem.IsLinux() ? 18 : 19;

    // A shell's convention, and the framework's: the end by signal n is reported as exit code 128 + n.
    private const int SignalBase = 128;

    /// <summary>Sends a signal to a process, or to a process group by its negative number.</summary>
    /// <returns>Whether there was such a process, and it may be signalled.</returns>
    public static bool TrySend(int target, int signal) => !OperatingSystem.IsWindows() && SendSignal(target, signal) == 0;

    /// <summary>The name of the signal that an exit code stands for, or <see langword="null"/> if it is a code that the process gave itself.</summary>
    /// <remarks>A process that exits with such a code by itself cannot be told from one that was ended by the signal.</remarks>
    public static string? NameOfExit(int exitCode) => OperatingSystem.IsWindows() ? null : NameOf(exitCode - SignalBase);

    private static string? NameOf(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        Kill => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        Terminate => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => OperatingSystem.IsLinux() ? NameOnLinux(signal) : NameOnBsd(signal),
    };

    private static string? NameOnLinux(int signal) => signal switch
    {
        7 => "SIGBUS",
        10 => "SIGUSR1",
        12 => "SIGUSR2",
        31 => "SIGSYS",
        _ => null,
    };

    private static string? NameOnBsd(int signal) => signal switch
    {
        10 => "SIGBUS",
        12 => "SIGSYS",
        30 => "SIGUSR1",
        31 => "SIGUSR2",
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int target, int signal);
}
