using System.Globalization;
using System.Security.Cryptography;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>
/// A directory that this process has made for its own use, and a lock beside it (<c>name.lock</c>) that says that it is still wanted: the system gives the lock up when this process dies, however it dies,
/// whatever became of its number, and in whichever container that shares the place it lived. Disposed, nothing is left of either.
/// </summary>
internal sealed class PrivateDirectory : IDisposable
{
    internal const string NamePrefix = "udf-worker-";
    internal const string LockSuffix = ".lock";

    /// <summary>How long the random part of the name is.</summary>
    internal const int RandomDigits = 12;

    internal const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Somebody may look for stale ones in the instant between the making of the lock's file and the lock.
    private const int MaxNamesToTry = 4;

    private readonly LockAttempt _lock;

    private PrivateDirectory(string path, LockAttempt held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <summary>Whether it still is, and is what this process has made: not another one of its name, nor a link.</summary>
    internal bool IsIntact
    {
        get
        {
            try
            {
                return FindProblem(Path) is null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>Makes one.</summary>
    /// <param name="root">Below which directory.</param>
    /// <param name="made">It, or <see langword="null"/>.</param>
    /// <returns>Why it could not be made or is not to be trusted, as a sentence; <see langword="null"/> if it was made.</returns>
    internal static string? TryMake(string root, out PrivateDirectory? made)
    {
        made = null;
        if (!Directory.Exists(root))
        {
            return $"The directory '{root}' does not exist.";
        }

        LockAttempt held = default;
        string path = "";
        for (int attempt = 0; attempt < MaxNamesToTry && held.IsTaken; attempt++)
        {
            path = System.IO.Path.Combine(root, NamePrefix + RandomNumberGenerator.GetHexString(RandomDigits, lowercase: true));
            held = FileLock.TryTake(path + LockSuffix);
        }

        var directory = new PrivateDirectory(path, held);
        if (directory.Make() is { } problem)
        {
            directory.RemoveLock();
            return problem;
        }

        made = directory;
        return null;
    }

    /// <summary>Says why a directory is not one that this class has made, and nobody has meddled with since.</summary>
    /// <returns>A sentence; <see langword="null"/> if there is nothing to say.</returns>
    /// <exception cref="IOException">It cannot be looked at, or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    internal static string? FindProblem(string path)
    {
        if (OwnDirectory.FindProblem(path) is { } problem)
        {
            return problem;
        }

        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // Inherited where the directory above has it, and without a meaning for a directory that only its owner enters.
        UnixFileMode mode = File.GetUnixFileMode(path) & ~UnixFileMode.SetGroup;
        return mode == OnlyOwner
            ? null
            : $"'{path}' has the mode {Octal(mode)} and not {Octal(OnlyOwner)}: the file system keeps no modes, or the file mode mask (umask) of this process takes its own rights away.";
    }

    /// <summary>Removes the lock alone: what has the directory's name is somebody else's.</summary>
    internal void Abandon() => RemoveLock();

    /// <summary>Removes the directory with all that is in it, then the lock.</summary>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path))
            {
                Directory.Delete(Path, recursive: true);
            }
        }
        finally
        {
            RemoveLock();
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0').ToString(CultureInfo.InvariantCulture);

    private string? Make()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path);
                return null;
            }

            Directory.CreateDirectory(Path, OnlyOwner);

            // The framework does not say whether it made the directory or found it.
            string? problem = FindProblem(Path) ?? (Directory.EnumerateFileSystemEntries(Path).Any() ? $"'{Path}' is new, and not empty." : null);
            if (problem is not null)
            {
                RemoveIfEmpty();
            }

            return problem;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"The directory '{Path}' could not be made: {exception.Message}";
        }
    }

    private void RemoveIfEmpty()
    {
        try
        {
            Directory.Delete(Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is not empty, or not this user's: not for this process to remove.
        }
    }

    private void RemoveLock()
    {
        _lock.Dispose();
        try
        {
            // Where it could not be locked, or nobody can tell whether it was removed, the file is still there.
            File.Delete(Path + LockSuffix);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An empty file stays.
        }
    }
}
