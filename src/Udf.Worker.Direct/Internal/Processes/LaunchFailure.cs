using System.ComponentModel;

namespace Udf.Worker.Direct.Internal;

/// <summary>Says in words why the system did not start a process.</summary>
internal static class LaunchFailure
{
    private const int NoEntry = 2;
    private const int TooLong = 7;
    private const int NotExecutable = 8;
    private const int TryAgain = 11;
    private const int OutOfMemory = 12;
    private const int AccessDenied = 13;
    private const int TooManyFilesInSystem = 23;
    private const int TooManyFiles = 24;

    /// <summary>Whether the system lacked something that it may have later.</summary>
    public static bool IsTransient(Win32Exception exception) =>
        exception.NativeErrorCode is TryAgain or OutOfMemory or TooManyFiles or TooManyFilesInSystem;

    /// <summary>The cause and the remedy, in sentences.</summary>
    public static string Describe(CommandLine command, Win32Exception exception)
    {
        if (exception is LaunchRefusedException)
        {
            return exception.Message;
        }

        string executable = command.Executable;
        return exception.NativeErrorCode switch
        {
            NoEntry when File.Exists(executable) =>
                $"'{executable}' exists, but the interpreter that its first line names was not found. Correct that line, or put the interpreter first in {command.ExecutablePath} of the specification.",
            NoEntry =>
                $"The executable '{executable}' was not found ({command.ExecutablePath} of the specification{Searched(executable)}). Install it, or write its full path.",
            AccessDenied =>
                $"'{executable}' is not executable by this user ({command.ExecutablePath} of the specification: {Cause(exception)}). Set its execute permission (chmod +x), or name the program that runs it.",
            NotExecutable =>
                $"'{executable}' is not a program that this system can execute ({command.ExecutablePath} of the specification): it is made for another system, or is a script without a '#!' line. Name the program that runs it.",
            TooLong =>
                $"The command line or the environment of '{executable}' is too long for this system. Shorten the arguments of the specification.",
            _ when IsTransient(exception) =>
                $"The system lacked the resources to start '{executable}': {Cause(exception)}. Lower the number of workers, or raise the limits of this process (ulimit -a).",
            _ => $"The system refused to start '{executable}' ({command.ExecutablePath} of the specification): {Cause(exception)}.",
        };
    }

    /// <summary>What a launcher threw that is no answer of the system.</summary>
    public static string DescribeLauncher(IWorkerLauncher launcher, Exception exception) =>
        $"The launcher {launcher.GetType().Name} ({nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.Launcher)}) failed. {exception.Message}";

    private static string Searched(string executable) =>
        executable.Contains('/', StringComparison.Ordinal) || executable.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? "" : ", looked up in PATH";

    // The runtime's own message repeats the path and the working directory; the last sentence is the system's.
    private static string Cause(Win32Exception exception) => new Win32Exception(exception.NativeErrorCode).Message;
}
