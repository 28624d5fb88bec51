using System.Diagnostics;

namespace Udf.Worker.Testing;

/// <summary>
/// What this process holds of the system: descriptors with their sockets, workers and what they have started, children that have ended, threads, and the files in its temporary directory. Taken before and after, the two must be the same.
/// Meaningful only while no other test runs in the process.
/// </summary>
public sealed class HostFootprint
{
    // The pool adds threads when many wait at once and keeps them for a while: no more than so many, and not one for each session.
    private const int PoolThreads = 48;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Descriptors _descriptors = Descriptors.Open();
    private readonly HashSet<string> _files = [.. Files()];
    private readonly HashSet<int> _processes = [.. Processes()];
    private readonly int _threads = CountThreads();

    private HostFootprint()
    {
    }

    public static HostFootprint Take() => new();

    /// <summary>
    /// What is there that was not. A socket whose receive is under way when it is closed lets go of its descriptor when that receive has ended, on another thread: hence a wait, with a bound.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindDifferenceAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        List<string> difference = Difference();
        while (difference.Count > 0 && TimeProvider.System.GetElapsedTime(begun) < Machine.Stretch(Limit))
        {
            await Task.Yield();
            difference = Difference();
        }

        return difference;
    }

    private List<string> Difference()
    {
        List<string> difference =
        [
            .. Descriptors.Open().Since(_descriptors).Select(descriptor => $"descriptor: {descriptor}"),
            .. Files().Except(_files).Select(file => $"file: {file}"),
            .. Processes().Except(_processes).Select(id => $"process {id}: {ProcessTable.CommandLine(id)}"),
            .. ProcessTable.ZombiesOf(Environment.ProcessId).Select(id => $"zombie: {id}"),
        ];
        if (CountThreads() is var threads && threads > _threads + PoolThreads)
        {
            difference.Add($"{threads} threads after {_threads}");
        }

        return difference;
    }

    private static IEnumerable<string> Files() => TestDirectory.Current is { } directory ? Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories) : [];

    /// <summary>Whatever this process has started as a host, and what that has started.</summary>
    private static IReadOnlyList<int> Processes() => ProcessTable.WithEnvironment($"UDF_WORKER_HOST={Environment.ProcessId}-");

    private static int CountThreads()
    {
        using var self = Process.GetCurrentProcess();
        return self.Threads.Count;
    }
}
