using Microsoft.Extensions.Logging;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class SocketDirectoryTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("udf-uds-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Allocate_LeafNamesCollide_AnotherNameIsTaken()
    {
        var directory = new SocketDirectory(_root.FullName);

        // The same first half, which is all that a name is made of.
        string first = directory.Allocate("01234567-89ab-cdef-0000-000000000001");
        string second = directory.Allocate("01234567-89ab-cdef-0000-000000000002");

        Assert.Equal("w-0123456789abcdef.sock", Path.GetFileName(first));
        Assert.Equal("w-0123456789abcdef-1.sock", Path.GetFileName(second));
    }

    [Fact]
    public void Allocate_AStrangersFileHasTheName_AnotherNameIsTakenAndTheFileIsLeftAlone()
    {
        var directory = new SocketDirectory(_root.FullName);
        string taken = directory.Allocate("01234567-89ab-cdef-0000-000000000001");
        directory.Release(taken);
        File.WriteAllText(taken, "a stranger's");

        string next = directory.Allocate("01234567-89ab-cdef-0000-000000000001");

        Assert.NotEqual(taken, next);
        Assert.Equal("a stranger's", File.ReadAllText(taken));
    }

    [Fact]
    public void Allocate_EveryNameIsTaken_SaysSo()
    {
        var directory = new SocketDirectory(_root.FullName);
        for (int count = 0; count < 17; count++)
        {
            directory.Allocate("01234567-89ab-cdef-0000-000000000001");
        }

        var error = Assert.Throws<WorkerStartException>(() => directory.Allocate("01234567-89ab-cdef-0000-000000000001"));

        Assert.Contains("17 attempts", error.Message, StringComparison.Ordinal);
        Assert.Contains(directory.Path!, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Failure("somebody else has removed the directory")]
    public void Allocate_TheDirectoryWasRemoved_AnotherIsMadeAndNothingIsLeft()
    {
        var logs = new ListLoggerFactory();
        var directory = new SocketDirectory(_root.FullName, logs.CreateLogger("test"));
        string first = directory.Allocate("0123");
        Directory.Delete(directory.Path!);

        string second = directory.Allocate("4567");

        Assert.NotEqual(Path.GetDirectoryName(first), Path.GetDirectoryName(second));
        Assert.True(Directory.Exists(Path.GetDirectoryName(second)));
        Assert.Equal("SocketDirectoryRemoved", Assert.Single(logs.Of(LogLevel.Warning)).Id.Name);
        directory.Release(first);
        directory.Close();
        Assert.Empty(_root.EnumerateFileSystemInfos());
    }

    [Fact]
    public void Allocate_TheDirectoryWasReplacedByALink_AnotherIsMadeAndWhatTheLinkNamesStays()
    {
        var directory = new SocketDirectory(_root.FullName);
        string first = directory.Allocate("0123");
        var foreign = new SocketDirectory(_root.FullName);
        string kept = foreign.Allocate("89ab");
        File.WriteAllText(kept, "");
        Directory.Delete(directory.Path!);
        Directory.CreateSymbolicLink(Path.GetDirectoryName(first)!, Path.GetDirectoryName(kept)!);

        string second = directory.Allocate("4567");

        Assert.NotEqual(Path.GetDirectoryName(first), Path.GetDirectoryName(second));
        directory.Close();
        Assert.True(File.Exists(kept));
        foreign.Close();
    }

    [Fact]
    public void Release_NameMayBeGivenAgain()
    {
        var directory = new SocketDirectory(_root.FullName);
        string path = directory.Allocate("0123");
        File.WriteAllText(path, "");

        directory.Release(path);

        Assert.False(File.Exists(path));
        Assert.Equal(path, directory.Allocate("0123"));
    }

    [Fact]
    public void Close_RefusesFurtherAddressesAndMayBeCalledAgain()
    {
        var directory = new SocketDirectory(_root.FullName);
        directory.Allocate("0123");

        directory.Close();
        directory.Close();

        Assert.Throws<ObjectDisposedException>(() => directory.Allocate("4567"));
        Assert.Empty(_root.GetFileSystemInfos());
    }
}
