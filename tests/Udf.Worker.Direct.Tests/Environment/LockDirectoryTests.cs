using System.Diagnostics;
using System.Runtime.Versioning;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests;

[SupportedOSPlatform("linux")]
public sealed class LockDirectoryTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-lock-directory-");

    private string Target => Path.Combine(_directory.FullName, "locks");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Prepare_NotThere_IsMadeForThisUserAlone()
    {
        Assert.Null(new LockDirectory(Target, isRequired: true).Prepare());
        Assert.Null(new LockDirectory(Target, isRequired: true).Prepare());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Target));
    }

    [Fact]
    public void Prepare_SymbolicLink_IsRefused()
    {
        Directory.CreateSymbolicLink(Target, Directory.CreateDirectory(Path.Combine(_directory.FullName, "elsewhere")).FullName);

        Assert.Contains("symbolic link", new LockDirectory(Target, isRequired: true).Prepare(), StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_OthersMayWrite_IsRefused()
    {
        Directory.CreateDirectory(Target);
        File.SetUnixFileMode(Target, (UnixFileMode)0b111_111_111);

        Assert.Contains("chmod 700", new LockDirectory(Target, isRequired: true).Prepare(), StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_AnothersDirectory_IsRefused()
    {
        // The root's for a user; for the root, one that it gives away.
        string path = "/";
        if (UnixFiles.UserId == 0)
        {
            path = Directory.CreateDirectory(Target).FullName;
            using Process chown = Process.Start("chown", ["65534", path]);
            chown.WaitForExit();
        }

        Assert.Contains("belongs to the user with the id", new LockDirectory(path, isRequired: true).Prepare(), StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_AFileIsThere_IsRefused()
    {
        File.WriteAllText(Target, "");

        Assert.Contains("cannot be made", new LockDirectory(Target, isRequired: true).Prepare(), StringComparison.Ordinal);
    }

    [Fact]
    public void Default_NamesTheUser() => Assert.EndsWith($"-{UnixFiles.UserId}", LockDirectory.Default.Path, StringComparison.Ordinal);
}
