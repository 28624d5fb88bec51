namespace Udf.Worker.Direct.Internal;

/// <summary>The directory of the locks, which belongs to this user alone: whoever else could write there could make a preparation wait, or take a lock's name away from under its holder.</summary>
internal sealed class LockDirectory
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Describes the directory; nothing is made yet.</summary>
    /// <param name="path">Where it is, an absolute path.</param>
    /// <param name="isRequired">Whether somebody asked for just this one.</param>
    public LockDirectory(string path, bool isRequired)
    {
        Path = path;
        IsRequired = isRequired;
    }

    /// <summary>The one for processes that ask for none: the same for all of a user.</summary>
    /// <remarks>Not in the temporary directory of the environment, which is another for each process that sets <c>TMPDIR</c>: they would not see each other's locks.</remarks>
    public static LockDirectory Default { get; } = new(
        OperatingSystem.IsWindows() ? System.IO.Path.Combine(System.IO.Path.GetTempPath(), "udf-environment-locks") : $"/tmp/udf-environment-locks-{UnixFiles.UserId}",
        isRequired: false);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Whether there must be a lock; otherwise it is done without one where there can be none.</summary>
    public bool IsRequired { get; }

    /// <summary>Makes the directory if it is not there.</summary>
    /// <returns>Why it cannot be used, as a sentence; <see langword="null"/> if it can.</returns>
    public string? Prepare()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path);
                return null;
            }

            Directory.CreateDirectory(Path, OnlyOwner);
            if (OwnDirectory.FindProblem(Path) is { } problem)
            {
                return problem;
            }

            UnixFileMode mode = File.GetUnixFileMode(Path);
            return (mode & WritableByOthers) == 0 ? null : $"'{Path}' can be written by other users. Take that from them (chmod 700).";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"'{Path}' cannot be made or read: {exception.Message}";
        }
    }
}
