using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// Ends this process at once. <see cref="Environment.Exit"/> will not do: on its way out it runs the exit handlers of user code and waits for them, for ever if need be.
/// <see cref="Environment.FailFast(string)"/> will not either: it is a crash, with a dump and SIGABRT. The kernel's exit runs nothing, has the code it is given, and cannot be held up.
/// </summary>
internal static class ProcessEnd
{
    internal static void Now(int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            // TerminateProcess: nothing of the process runs any more, and the code cannot be chosen here.
            Kill();
        }

        ExitNow(exitCode);
    }

    internal static void Kill()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void ExitNow(int exitCode);
}
