using System.Globalization;

namespace Udf.Worker.Direct.Internal;

/// <summary>How much memory a process holds.</summary>
internal static class ResidentMemory
{
    /// <summary>The resident bytes of one process, without those that it has started; <see langword="null"/> where that cannot be seen.</summary>
    public static long? Of(int processId)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            string[] pages = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/statm")).Split(' ');
            return long.Parse(pages[1], CultureInfo.InvariantCulture) * System.Environment.SystemPageSize;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}
