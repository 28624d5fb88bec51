using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Udf.Worker.Direct.Internal;

/// <summary>The processes of the machine as <c>/proc</c> shows them; where there is none, nothing is found.</summary>
internal static partial class ProcFileSystem
{
    private const int StartTimeIndex = 19;
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int FirstBufferBytes = 64 * 1024;
    private const int LargestEnvironmentBytes = 8 * 1024 * 1024;

    /// <summary>When a process was started, in the kernel's ticks since its own start: with the number it names one process for ever. <see langword="null"/> if there is no such process.</summary>
    public static string? StartTime(int processId)
    {
        string[] fields = StatusFields(processId);
        return fields.Length > StartTimeIndex ? fields[StartTimeIndex] : null;
    }

    /// <summary>Where a process stands among the others; <see langword="null"/> if there is no such process, or none can be seen.</summary>
    public static ProcessLineage? LineageOf(int processId) =>
        StatusFields(processId) is [_, var parent, var group, var session, ..]
            ? new ProcessLineage(int.Parse(parent, CultureInfo.InvariantCulture), int.Parse(group, CultureInfo.InvariantCulture), int.Parse(session, CultureInfo.InvariantCulture))
            : null;

    /// <summary>Whether a process was given a variable of a value: <c>NAME=value</c>. Not if it is a zombie, or this user may not look at it.</summary>
    public static bool IsMarked(int processId, string mark)
    {
        byte[] buffer = new byte[FirstBufferBytes];
        int length = OperatingSystem.IsLinux() ? 1 + ReadEnvironment(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/environ"), ref buffer) : 0;
        return buffer.AsSpan(0, length).IndexOf(Encoding.UTF8.GetBytes('\0' + mark + '\0')) >= 0;
    }

    /// <summary>The program that a process runs, without its arguments, which may hold secrets: its path, or where only that may be seen its short name.</summary>
    public static string? ProgramOf(int processId)
    {
        string directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/");
        return ReadOrNull(() => new FileInfo(directory + "exe").LinkTarget) ?? ReadOrNull(() => File.ReadAllText(directory + "comm").Trim());
    }

    /// <summary>Finds the processes that were given a variable of a value, and what they were given for another one.</summary>
    /// <param name="mark">The variable and its value: <c>NAME=value</c>.</param>
    /// <param name="variable">The other variable.</param>
    /// <returns>Numbers, and values of the other variable. Zombies, and what this user may not look at, are not found.</returns>
    public static List<(int ProcessId, string Value)> FindMarked(string mark, string variable)
    {
        List<(int, string)> found = [];
        if (!OperatingSystem.IsLinux())
        {
            return found;
        }

        byte[] wanted = Encoding.UTF8.GetBytes(mark + '\0');
        byte[] name = Encoding.UTF8.GetBytes('\0' + variable + '=');
        byte[] buffer = new byte[FirstBufferBytes];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
            {
                continue;
            }

            // With a zero in front, so that the first variable is found as the others are.
            int length = 1 + ReadEnvironment(directory + "/environ", ref buffer);
            ReadOnlySpan<byte> environment = buffer.AsSpan(0, length);
            if (environment.IndexOf(wanted) > 0 && environment.IndexOf(name) is >= 0 and int begin)
            {
                ReadOnlySpan<byte> value = environment[(begin + name.Length)..];
                found.Add((processId, Encoding.UTF8.GetString(value[..Math.Max(0, value.IndexOf((byte)0))])));
            }
        }

        return found;
    }

    // What stands in /proc/…/stat from the state on: the name before it stands in parentheses, and may hold any character.
    private static string[] StatusFields(int processId)
    {
        string? stat = ReadOrNull(() => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat")));
        return stat is null ? [] : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string? ReadOrNull(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or this user may not look at it.
            return null;
        }
    }

    // By system calls: most processes of a machine are another user's, and an exception for each would cost more than all the rest.
    private static int ReadEnvironment(string path, ref byte[] buffer)
    {
        int file = Open(path, ReadOnlyCloseOnExec);
        if (file < 0)
        {
            return 0;
        }

        int length = 0;
        while (true)
        {
            if (length + 1 == buffer.Length)
            {
                if (buffer.Length >= LargestEnvironmentBytes)
                {
                    break;
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            nint read = Read(file, ref buffer[length + 1], buffer.Length - length - 1);
            if (read <= 0)
            {
                break;
            }

            length += (int)read;
        }

        _ = CloseFile(file);
        return length;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, ref byte buffer, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int file);
}
