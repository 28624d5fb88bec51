namespace Udf.Worker.Artifacts;

/// <summary>The file system refused: the disk is full, a file cannot be read, a directory not be written. What the session had before, it still has.</summary>
public sealed class ArtifactStorageException : ArtifactException
{
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    internal ArtifactStorageException(string path, string directory, Exception cause)
        : base(Describe(path, directory, cause), path, cause)
    {
        IsFull = IsFullError(cause);
    }

    /// <summary>Whether the reason is that there is no space left.</summary>
    public bool IsFull { get; }

    /// <summary><see langword="true"/>: the file system may take it later.</summary>
    public override bool IsTransient => true;

    private static string Describe(string path, string directory, Exception cause) => IsFullError(cause)
        ? $"'{path}' does not fit: there is no space left where {directory} is. What was there before is untouched; make room, or set {nameof(ArtifactStoreOptions)}.{nameof(ArtifactStoreOptions.RootDirectory)} to another disk."
        : $"'{path}' could not be stored in {directory}: {cause.Message} What was there before is untouched.";

    private static bool IsFullError(Exception cause) =>
        cause is IOException && (cause.HResult == WindowsDiskFull || (!OperatingSystem.IsWindows() && cause.HResult is NoSpaceLeft or QuotaExceeded));
}
