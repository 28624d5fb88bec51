using System.Text;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>What is special to Unix domain sockets: the private directory, and paths that are short enough.</summary>
public sealed class UdsWorkerDispatcherTests : IDisposable
{
    // What comes after the configured directory: /udf-worker-<12>/w-<16>.sock
    private const int AddedBytes = 12 + 12 + 1 + 2 + 16 + 5;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("udf-uds-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact] // 13
    public async Task Directory_IsForThisUserAlone()
    {
        await using UdsWorkerDispatcher dispatcher = Create(_root.FullName);
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.Equal(_root.FullName, Path.GetDirectoryName(dispatcher.SocketDirectoryPath));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(dispatcher.SocketDirectoryPath!));
        }
    }

    [Fact]
    public async Task Socket_HasAShortName()
    {
        await using UdsWorkerDispatcher dispatcher = Create(_root.FullName);
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        string socket = Assert.Single(Directory.GetFiles(dispatcher.SocketDirectoryPath!));

        Assert.Equal($"w-{session.WorkerId.Replace("-", "", StringComparison.Ordinal)[..16]}.sock", Path.GetFileName(socket));
        Assert.Equal(_root.FullName.Length + AddedBytes, socket.Length);
    }

    [Fact]
    public async Task Directory_IsMadeForTheFirstWorkerAndRemovedAtTheCloseWithAllThatIsInIt()
    {
        UdsWorkerDispatcher dispatcher = Create(_root.FullName);
        Assert.Null(dispatcher.SocketDirectoryPath);
        await (await dispatcher.CreateSessionAsync().DefaultTimeout()).DisposeAsync().DefaultTimeout();
        string directory = dispatcher.SocketDirectoryPath!;
        Assert.Empty(Directory.GetFiles(directory));
        await File.WriteAllTextAsync(Path.Combine(directory, "left by a worker"), "");

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.False(Directory.Exists(directory));
        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public async Task Directory_OfAnotherDispatcher_IsAnother()
    {
        await using UdsWorkerDispatcher one = Create(_root.FullName);
        await using UdsWorkerDispatcher other = Create(_root.FullName);
        await using WorkerSession first = await one.CreateSessionAsync().DefaultTimeout();
        await using WorkerSession second = await other.CreateSessionAsync().DefaultTimeout();

        Assert.NotEqual(one.SocketDirectoryPath, other.SocketDirectoryPath);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('é')] // The kernel counts bytes.
    public async Task Path_OfAHundredAndSevenBytes_IsTheLongestThatWorks(char filler)
    {
        await using UdsWorkerDispatcher longest = Create(DirectoryOf(107 - AddedBytes, filler));
        await using (WorkerSession session = await longest.CreateSessionAsync().DefaultTimeout())
        {
            Assert.Equal(107, Encoding.UTF8.GetByteCount(Assert.Single(Directory.GetFiles(longest.SocketDirectoryPath!))));
        }

        string tooLong = DirectoryOf(107 - AddedBytes + 2, filler);
        await using UdsWorkerDispatcher dispatcher = Create(tooLong);
        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("109 bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("at most 107", error.Message, StringComparison.Ordinal);
        Assert.Contains(tooLong, error.Message, StringComparison.Ordinal);
        Assert.Contains("UdsWorkerOptions.SocketDirectory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_CannotBeMade_ErrorNamesItAndTheSetting()
    {
        string missing = Path.Combine(_root.FullName, "missing");
        await using UdsWorkerDispatcher dispatcher = Create(missing);

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        Assert.Contains("UdsWorkerOptions.SocketDirectory", error.Message, StringComparison.Ordinal);
    }

    private static UdsWorkerDispatcher Create(string directory) =>
        new(WorkerProgram.TestWorker.Specification.OverUnixDomainSocket(), options: new UdsWorkerOptions { SocketDirectory = directory });

    /// <summary>A directory whose path has so many bytes, filled up with a character.</summary>
    private string DirectoryOf(int bytes, char filler)
    {
        int width = Encoding.UTF8.GetByteCount([filler]);
        int missing = bytes - Encoding.UTF8.GetByteCount(_root.FullName) - 1;
        string name = new string(filler, missing / width) + new string('x', missing % width);
        return _root.CreateSubdirectory(name).FullName;
    }
}
