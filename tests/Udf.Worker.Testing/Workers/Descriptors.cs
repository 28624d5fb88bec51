namespace Udf.Worker.Testing;

/// <summary>The open descriptors of this process, by what they are. Meaningful only while no other test runs in the process.</summary>
public sealed class Descriptors
{
    private readonly HashSet<string> _open;

    private Descriptors(IEnumerable<string> open) => _open = [.. open];

    public static Descriptors Open()
    {
        string directory = "/proc/self/fd";
        return new Descriptors(new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(Describe).OfType<string>());
    }

    /// <summary>Those that were not there before. Sockets and pipes have numbers that are never used again, so none is taken for another.</summary>
    public IReadOnlyList<string> Since(Descriptors before) => [.. _open.Except(before._open)];

    /// <summary>Those that were not there before and do not go within a limit.</summary>
    /// <remarks>A socket whose receive is under way when it is closed lets go of its descriptor when that receive has ended, on another thread: hence a wait.</remarks>
    public static async Task<IReadOnlyList<string>> LeftSinceAsync(Descriptors before, TimeSpan limit)
    {
        long begun = TimeProvider.System.GetTimestamp();
        IReadOnlyList<string> left = Open().Since(before);
        while (left.Count > 0 && TimeProvider.System.GetElapsedTime(begun) < limit)
        {
            await Task.Yield();
            left = Open().Since(before);
        }

        return left;
    }

    // The directory that is being read, and assemblies, which are loaded when they are needed first.
    private static bool IsOfTheRuntime(string target) =>
        target.StartsWith("/proc/", StringComparison.Ordinal)
        || Path.GetExtension(target) is ".dll" or ".pdb" or ".so";

    private static string? Describe(FileSystemInfo descriptor)
    {
        try
        {
            return descriptor.LinkTarget is { } target && !IsOfTheRuntime(target) ? target : null;
        }
        catch (IOException)
        {
            // The one that the directory was read with.
            return null;
        }
    }
}
