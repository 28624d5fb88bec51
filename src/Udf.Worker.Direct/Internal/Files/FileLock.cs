using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// A lock that one holder on this machine has at a time, over all processes, and within one process over all who ask. The system takes it back when its holder dies, however that happens.
/// </summary>
/// <remarks>
/// It is the lock that the framework takes for <see cref="FileShare.None"/> (on Unix <c>flock</c>), asked for once more by name: a configuration switch turns the framework's off, and where
/// a file system refuses it the framework says nothing. The descriptor is closed in children (<c>O_CLOEXEC</c>), so that nothing that a callable leaves running keeps the lock.
/// </remarks>
internal sealed class FileLock : IDisposable
{
    private const int SharingViolationOnWindows = unchecked((int)0x80070020);

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly bool _removesFile;

    private FileLock(string path, SafeFileHandle file, bool removesFile)
    {
        _path = path;
        _file = file;
        _removesFile = removesFile;
    }

    /// <summary>Asks for the lock, without waiting.</summary>
    /// <param name="path">Its file, in a directory that is there, and in which nobody else can take this user's files away.</param>
    /// <param name="isToBeMade">Whether the file is made if it is not there; otherwise there is no lock then.</param>
    public static LockAttempt TryTake(string path, bool isToBeMade = true)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, isToBeMade ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult == (OperatingSystem.IsWindows() ? SharingViolationOnWindows : UnixFiles.WouldBlock))
        {
            return default;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new LockAttempt(null, $"'{path}' cannot be opened: {exception.Message}");
        }

        return Lock(path, file);
    }

    /// <summary>Asks for the lock of a file that has been opened.</summary>
    /// <param name="path">The name by which it was opened.</param>
    /// <param name="file">The file, which now belongs to the lock, and is closed if that is not given.</param>
    internal static LockAttempt Lock(string path, SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows() && UnixFiles.TryLock(file) is not 0 and var error)
        {
            file.Dispose();
            return error == UnixFiles.WouldBlock ? default : new LockAttempt(null, $"'{path}' cannot be locked: {new Win32Exception(error).Message}.");
        }

        if (UnixFiles.LinkCountOf(file) is not { } links)
        {
            return new LockAttempt(new FileLock(path, file, removesFile: false), null);
        }

        if (links == 0)
        {
            // Its last holder removed the file between our opening it and our locking it. Who comes next makes a new one, and would not meet us here.
            file.Dispose();
            return default;
        }

        return new LockAttempt(new FileLock(path, file, removesFile: true), null);
    }

    /// <summary>Gives the lock back, and removes its file where the next holder can tell that it was removed.</summary>
    public void Dispose()
    {
        if (_file.IsClosed)
        {
            return;
        }

        if (_removesFile)
        {
            RemoveFile();
        }

        _file.Dispose();
    }

    private void RemoveFile()
    {
        try
        {
            // While it is still held: nobody else holds a file of this name, so none is taken away.
            File.Delete(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An empty file stays, and is used again.
        }
    }
}
