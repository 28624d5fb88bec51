using System.Runtime.InteropServices;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Another user than the one who runs the tests, where there is the right to make one of things: as root.</summary>
internal static class OtherUser
{
    public const uint Id = 65534;

    public static bool CanBeUsed => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    public static void Give(string path) => Assert.Equal(0, ChangeOwner(path, Id, Id));

    [DllImport("libc", EntryPoint = "lchown")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}

/// <summary>A test that needs a second user.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OtherUserFactAttribute : FactAttribute
{
    public OtherUserFactAttribute()
    {
        if (!OtherUser.CanBeUsed)
        {
            Skip = "Only root can give a file to another user.";
        }
    }
}
