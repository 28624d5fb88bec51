using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>The directory of a dispatcher is its own, or there is none.</summary>
[Collection(Alone.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class PrivateDirectoryTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("udf-uds-");

    private string Target => Path.Combine(_root.FullName, "target");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void TryMake_ThenDispose_NothingIsLeft()
    {
        Assert.Null(PrivateDirectory.TryMake(_root.FullName, out PrivateDirectory? made));

        Assert.Equal([made!.Path, made.Path + ".lock"], _root.GetFileSystemInfos().Select(entry => entry.FullName).Order());
        Assert.Equal(PrivateDirectory.OnlyOwner, File.GetUnixFileMode(made.Path));
        File.WriteAllText(Path.Combine(made.Path, "left by a worker"), "");
        made.Dispose();
        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public void TryMake_RootHandsItsGroupOn_IsNoViolation()
    {
        File.SetUnixFileMode(_root.FullName, PrivateDirectory.OnlyOwner | UnixFileMode.SetGroup);

        Assert.Null(PrivateDirectory.TryMake(_root.FullName, out PrivateDirectory? made));

        made!.Dispose();
    }

    [Fact]
    public void Allocate_MaskTakesTheOwnersRights_ErrorSaysWhatWasFoundAndWhatToSet()
    {
        var directory = new SocketDirectory(_root.FullName);

        // For the whole process: no other test runs now.
        uint before = SetMask(Convert.ToUInt32("277", 8));
        WorkerStartException error;
        try
        {
            error = Assert.Throws<WorkerStartException>(() => directory.Allocate("0123"));
        }
        finally
        {
            _ = SetMask(before);
        }

        Assert.Contains("has the mode 0500 and not 0700", error.Message, StringComparison.Ordinal);
        Assert.Contains("umask", error.Message, StringComparison.Ordinal);
        Assert.Contains("UdsWorkerOptions.SocketDirectory", error.Message, StringComparison.Ordinal);
        Assert.Empty(_root.GetFileSystemInfos());
        Assert.NotNull(directory.Allocate("0123"));
        directory.Close();
    }

    [Fact]
    public void FindProblem_OwnDirectory_IsNone()
    {
        Directory.CreateDirectory(Target, PrivateDirectory.OnlyOwner);

        Assert.Null(PrivateDirectory.FindProblem(Target));
    }

    [Fact]
    public void FindProblem_SymbolicLink_NamesItsTarget()
    {
        Directory.CreateDirectory(Target, PrivateDirectory.OnlyOwner);
        string link = Path.Combine(_root.FullName, "link");
        Directory.CreateSymbolicLink(link, Target);

        Assert.Contains($"'{link}' is a symbolic link to '{Target}'", PrivateDirectory.FindProblem(link), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("755")]
    [InlineData("701")]
    [InlineData("600")]
    [InlineData("1700")]
    public void FindProblem_AnotherMode_NamesIt(string mode)
    {
        Directory.CreateDirectory(Target);
        File.SetUnixFileMode(Target, (UnixFileMode)Convert.ToInt32(mode, 8));

        Assert.Contains($"has the mode {mode.PadLeft(4, '0')}", PrivateDirectory.FindProblem(Target), StringComparison.Ordinal);
    }

    [OtherUserFact]
    public void FindProblem_AnotherUsers_NamesBoth()
    {
        Directory.CreateDirectory(Target, PrivateDirectory.OnlyOwner);
        OtherUser.Give(Target);

        Assert.Contains($"'{Target}' belongs to the user with the id {OtherUser.Id}, and this process runs as 0", PrivateDirectory.FindProblem(Target), StringComparison.Ordinal);
    }

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint SetMask(uint mask);
}
