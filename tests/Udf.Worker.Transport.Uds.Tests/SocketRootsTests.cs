using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Where the directory of a dispatcher is made if nobody says where.</summary>
public sealed class SocketRootsTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("udf-uds-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Find_TemporaryDirectoriesByLengthThenTheFurtherOnes()
    {
        var variables = new Dictionary<string, string> { ["TMPDIR"] = "/var/tmp/long", ["TEMP"] = "/t", ["TMP"] = "relative", ["XDG_RUNTIME_DIR"] = "/x" };

        IReadOnlyList<string> roots = SocketRoots.Find(variables.GetValueOrDefault);

        Assert.Equal(["/t", "/tmp", "/var/tmp/long", "/x"], roots.Take(4));
        Assert.StartsWith("/run/user/", roots[4], StringComparison.Ordinal);
        Assert.Equal("/dev/shm", roots[5]);
        Assert.Equal(6, roots.Count);
    }

    [Fact]
    public void Allocate_FirstOnesAreTooLongOrMissing_TheNextIsTaken()
    {
        string tooLong = _root.CreateSubdirectory(new string('x', 100)).FullName;
        string usable = _root.CreateSubdirectory("usable").FullName;
        var directory = new SocketDirectory(configured: null, roots: [tooLong, "/no/such/directory", usable, _root.FullName]);

        string path = directory.Allocate("0123");

        Assert.StartsWith(usable + "/udf-worker-", path, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(tooLong));
        directory.Close();
        Assert.Empty(Directory.GetFileSystemEntries(usable));
    }

    [Fact]
    [Failure("the directory for the workers' sockets cannot be made")]
    public void Allocate_NoneIsUsable_ErrorSaysWhyOfEachAndWhatToSet()
    {
        string tooLong = _root.CreateSubdirectory(new string('x', 100)).FullName;
        var directory = new SocketDirectory(configured: null, roots: [tooLong, "/no/such/directory"]);

        var error = Assert.Throws<WorkerStartException>(() => directory.Allocate("0123"));

        Assert.Contains(tooLong, error.Message, StringComparison.Ordinal);
        Assert.Contains("at most 107", error.Message, StringComparison.Ordinal);
        Assert.Contains("'/no/such/directory' does not exist", error.Message, StringComparison.Ordinal);
        Assert.Contains("UdsWorkerOptions.SocketDirectory", error.Message, StringComparison.Ordinal);
    }
}
