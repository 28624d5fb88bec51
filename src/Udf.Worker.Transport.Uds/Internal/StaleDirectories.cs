using System.IO.Enumeration;
using Microsoft.Extensions.Logging;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>
/// The directories that hosts have left which were killed. They are found by their locks: whoever lives holds his, so what can be locked belongs to nobody any more. A directory without a lock beside it is none of
/// this class's business. Whoever removes one holds its lock meanwhile, so any number of hosts may look at once.
/// </summary>
internal static partial class StaleDirectories
{
    // What a start may cost: so many names are read, so many locks asked for, and so much removed. The next start goes on where this one stops, because what was removed is gone.
    internal const int MostNames = 20_000;
    internal const int MostLocks = 128;
    internal const int MostEntries = 1_000;

    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    /// <summary>Removes what it finds. Never fails. Only on Linux, where files say whose they are.</summary>
    /// <param name="root">The directory in which they are.</param>
    /// <param name="logger">Where it is said what was removed, and what could not be.</param>
    internal static void Remove(string root, ILogger logger)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            // Where others may rename what is this user's, a name that was checked may be something else by the time it is used.
            UnixFileMode mode = File.GetUnixFileMode(root);
            if ((mode & WritableByOthers) != 0 && !mode.HasFlag(UnixFileMode.StickyBit))
            {
                return;
            }

            uint user = UnixFiles.UserId;
            int removed = 0;
            foreach (string lockPath in Locks(root).Take(MostLocks))
            {
                if (UnixFiles.OwnerOf(lockPath) == user)
                {
                    removed += RemoveIfStale(lockPath, logger);
                }

                if (removed >= MostEntries)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.CannotLook(logger, exception, root);
        }
    }

    private static IEnumerable<string> Locks(string root) =>
        new FileSystemEnumerable<string?>(
            root,
            static (ref FileSystemEntry entry) => FileSystemName.MatchesSimpleExpression(PrivateDirectory.NamePrefix + "*" + PrivateDirectory.LockSuffix, entry.FileName, ignoreCase: false) ? entry.ToFullPath() : null)
        .Take(MostNames)
        .OfType<string>();

    // Returns how many files that was.
    private static int RemoveIfStale(string lockPath, ILogger logger)
    {
        using LockAttempt held = FileLock.TryTake(lockPath, isToBeMade: false);
        string path = lockPath[..^PrivateDirectory.LockSuffix.Length];
        if (held.Held is null || !Directory.Exists(path))
        {
            // Its host lives, or is just making or removing it. Of a host that died between the two, the lock alone is left, and goes now.
            return 0;
        }

        try
        {
            if (PrivateDirectory.FindProblem(path) is { } problem)
            {
                Log.NotTrusted(logger, path, problem);
                return 0;
            }

            int count = Directory.EnumerateFileSystemEntries(path, "*", Everything).Take(MostEntries + 1).Count();
            if (count > MostEntries)
            {
                Log.TooLarge(logger, path, MostEntries);
                return 0;
            }

            Directory.Delete(path, recursive: true);
            Log.Removed(logger, path);
            return count + 1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.CannotRemove(logger, exception, path);
            return 0;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(200, LogLevel.Information, "The directory {Path} for workers' sockets was removed: a host that is dead has left it.", EventName = "StaleDirectoryRemoved")]
        public static partial void Removed(ILogger logger, string path);

        [LoggerMessage(201, LogLevel.Warning, "The directory {Path}, which a dead host has left, could not be removed. Remove it by hand; it is not tried again.", EventName = "StaleDirectoryNotRemoved")]
        public static partial void CannotRemove(ILogger logger, Exception exception, string path);

        [LoggerMessage(202, LogLevel.Warning, "The directory {Path}, which a dead host seems to have left, is left alone: {Problem}", EventName = "StaleDirectoryNotTrusted")]
        public static partial void NotTrusted(ILogger logger, string path, string problem);

        [LoggerMessage(203, LogLevel.Warning, "The directory {Path}, which a dead host has left, is left alone: it holds more than {Limit} files. Remove it by hand; it is not tried again.", EventName = "StaleDirectoryTooLarge")]
        public static partial void TooLarge(ILogger logger, string path, int limit);

        [LoggerMessage(204, LogLevel.Debug, "It cannot be seen whether dead hosts have left directories in {Root}.", EventName = "StaleDirectoriesNotSeen")]
        public static partial void CannotLook(ILogger logger, Exception exception, string root);
    }
}
