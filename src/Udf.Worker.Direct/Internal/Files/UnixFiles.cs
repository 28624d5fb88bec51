using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Udf.Worker.Direct.Internal;

/// <summary>What the framework does not say about files: whose they are, whether they were removed, and why a lock was not given.</summary>
internal static partial class UnixFiles
{
    // <fcntl.h> and <sys/stat.h> of Linux. The layout of struct statx is the same on all its architectures.
    private const int CurrentDirectory = -100;
    private const int DoNotFollowLinks = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint LinkCountMask = 0x4;
    private const uint UserIdMask = 0x8;
    private const int LinkCountOffset = 16;
    private const int UserIdOffset = 20;
    private const int StatusBytes = 256;

    private const int LockExclusively = 2;
    private const int DoNotBlock = 4;

    /// <summary>The number of the user whose rights this process has.</summary>
    [UnsupportedOSPlatform("windows")]
    public static uint UserId => GetEffectiveUserId();

    /// <summary>The error of a lock that another has: <c>EWOULDBLOCK</c>.</summary>
    public static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>Whose a file or directory is, or <see langword="null"/> if that is not known on this system. A symbolic link is not followed.</summary>
    public static uint? OwnerOf(string path)
    {
        Span<byte> status = stackalloc byte[StatusBytes];
        return TryStatus(CurrentDirectory, path, DoNotFollowLinks, UserIdMask, status) ? MemoryMarshal.Read<uint>(status[UserIdOffset..]) : null;
    }

    /// <summary>How many names an open file has: none if it was removed; <see langword="null"/> if that is not known on this system.</summary>
    public static uint? LinkCountOf(SafeFileHandle file)
    {
        Span<byte> status = stackalloc byte[StatusBytes];
        return TryStatus((int)file.DangerousGetHandle(), "", EmptyPath, LinkCountMask, status) ? MemoryMarshal.Read<uint>(status[LinkCountOffset..]) : null;
    }

    /// <summary>Locks an open file for this opening of it. The system gives the lock up when the last descriptor of the opening is closed, at the latest by the death of the process.</summary>
    /// <returns>0, or the error of the system.</returns>
    [UnsupportedOSPlatform("windows")]
    public static int TryLock(SafeFileHandle file) => Flock(file, LockExclusively | DoNotBlock) == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static bool TryStatus(int directory, string path, int flags, uint mask, Span<byte> status)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return Statx(directory, path, flags, mask, ref MemoryMarshal.GetReference(status)) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // An old C library.
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte status);
}
