using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Udf.Worker.Direct.Internal;

/// <summary>Finds the file of a program, and says beforehand, as the system would, why it cannot be executed.</summary>
internal static partial class ExecutableFile
{
    // Numbered as on Linux.
    private const int NoEntry = 2;
    private const int NotExecutable = 8;
    private const int PermissionDenied = 13;
    private const int MayExecute = 1;
    private const int InspectedBytes = 256;
    private const int ElfClassOffset = 4;
    private const int ElfMachineOffset = 18;

    private static readonly Lazy<byte[]> OwnHeader = new(static () => ReadStart("/proc/self/exe"));

    // The kernel's registered interpreters of further formats: there is no telling then what it can execute.
    private static readonly Lazy<bool> KnowsOtherFormats = new(static () => Directory.Exists("/proc/sys/fs/binfmt_misc")
        && Directory.EnumerateFiles("/proc/sys/fs/binfmt_misc").Any(static path => Path.GetFileName(path) is not ("register" or "status")));

    /// <summary>The absolute path of a program.</summary>
    /// <param name="executable">A path, relative to the working directory; or a name, looked up in PATH.</param>
    /// <param name="variables">The environment of the process: its PATH comes before that of this one.</param>
    /// <param name="workingDirectory">The directory that the process starts in; <see langword="null"/> for that of this process.</param>
    /// <exception cref="Win32Exception">It is not there, or cannot be executed: the code is the one that the system would give.</exception>
    public static string Find(string executable, IReadOnlyDictionary<string, string> variables, string? workingDirectory)
    {
        if (executable.Contains('/', StringComparison.Ordinal))
        {
            string path = Path.GetFullPath(executable, workingDirectory ?? System.Environment.CurrentDirectory);
            Check(path);
            return path;
        }

        int error = NoEntry;
        foreach (string directory in SearchPath(variables))
        {
            string path = Path.Combine(directory, executable);
            if (File.Exists(path))
            {
                if (IsExecutable(path))
                {
                    Check(path);
                    return path;
                }

                error = PermissionDenied;
            }
        }

        throw new Win32Exception(error);
    }

    /// <summary>The path of a program that comes with the system; <see langword="null"/> if it has none.</summary>
    public static string? FindOfSystem(string name)
    {
        try
        {
            return Find(name, new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, workingDirectory: null);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static IEnumerable<string> SearchPath(IReadOnlyDictionary<string, string> variables) =>
        $"{variables.GetValueOrDefault("PATH")}:{System.Environment.GetEnvironmentVariable("PATH")}".Split(':', StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathFullyQualified);

    private static void Check(string path)
    {
        int error = Directory.Exists(path) ? PermissionDenied
            : !File.Exists(path) ? NoEntry
            : !IsExecutable(path) ? PermissionDenied
            : CheckFormat(ReadStart(path));
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    private static int CheckFormat(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("#!"u8))
        {
            ReadOnlySpan<byte> line = start[2..];
            int end = line.IndexOf((byte)'\n');
            line = (end < 0 ? line : line[..end]).Trim(" \t\r"u8);
            int space = line.IndexOfAny((byte)' ', (byte)'\t');
            string interpreter = System.Text.Encoding.UTF8.GetString(space < 0 ? line : line[..space]);
            return interpreter.Length > 0 && !File.Exists(interpreter) ? NoEntry : 0;
        }

        // What executes a file by PATH takes one that is no program for a script of the shell.
        return start.IsEmpty || KnowsOtherFormats.Value || IsProgram(start) ? 0 : NotExecutable;
    }

    private static bool IsProgram(ReadOnlySpan<byte> start)
    {
        if (!start.StartsWith("\u007FELF"u8) || start.Length < ElfMachineOffset + 2)
        {
            return false;
        }

        // A program of 32 bits may run on a system of 64; of the same width there is only one machine.
        ReadOnlySpan<byte> own = OwnHeader.Value;
        return own.Length < ElfMachineOffset + 2
            || own[ElfClassOffset] != start[ElfClassOffset]
            || own.Slice(ElfMachineOffset, 2).SequenceEqual(start.Slice(ElfMachineOffset, 2));
    }

    // Empty if it may not be read: it may be executed all the same.
    private static byte[] ReadStart(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] start = new byte[InspectedBytes];
            int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            return read == 0 ? "?"u8.ToArray() : start[..read];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsExecutable(string path) => Access(path, MayExecute) == 0;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
