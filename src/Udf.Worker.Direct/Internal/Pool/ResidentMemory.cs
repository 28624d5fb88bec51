using System.Diagnostics;
using System.Globalization;

namespace Udf.Worker.Direct.Internal;

/// <summary>How much memory a process holds.</summary>
internal static class ResidentMemory
{
    /// <summary>The resident bytes of one process, without those that it has started; <see langword="null"/> if it has ended, or may not be looked at.</summary>
    public static long? Of(int processId) => OperatingSystem.IsLinux() ? OfLinux(processId) : OfAnySystem(processId);

    /// <summary>By the process file system: a few microseconds.</summary>
    internal static long? OfLinux(int processId)
    {
        try
        {
            string[] pages = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/statm")).Split(' ');
            return long.Parse(pages[1], CultureInfo.InvariantCulture) * System.Environment.SystemPageSize;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>By what .NET knows of processes: their working set. Slower, and the only way on other systems than Linux.</summary>
    internal static long? OfAnySystem(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException)
        {
            return null;
        }
    }
}
