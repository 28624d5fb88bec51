using System.Text;
using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Tests;

/// <summary>A store in a directory of its own, and what tests do with it.</summary>
public abstract class StoreTest : IAsyncLifetime
{
    private protected StoreTest()
    {
        Options = new ArtifactStoreOptions
        {
            RootDirectory = Path.Combine(Scratch, "root"),
            TimeProvider = Clock,
            CleanUpFailed = (directory, exception) => Failures.Enqueue($"{directory}: {exception.Message}"),
        };
        Store = new ArtifactStore(Options);
    }

    private protected string Scratch { get; } = Directory.CreateTempSubdirectory("udf-store-").FullName;

    private protected ManualTimeProvider Clock { get; } = new();

    private protected System.Collections.Concurrent.ConcurrentQueue<string> Failures { get; } = new();

    private protected ArtifactStoreOptions Options { get; }

    private protected ArtifactStore Store { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync().DefaultTimeout();
        Assert.True(Directory.Exists(Store.RootDirectory));

        // Whatever a test did: nothing is left but the root.
        Assert.All(Directory.GetFileSystemEntries(Store.RootDirectory, "*", SearchOption.AllDirectories), path => Assert.Equal(".staging", Path.GetFileName(path)));
        Assert.Empty(Failures);
        Directory.Delete(Scratch, recursive: true);
    }

    private protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A file outside the store.</summary>
    private protected string Source(string content, string name = "source")
    {
        string path = Path.Combine(Scratch, name);
        File.WriteAllText(path, content);
        return path;
    }

    private protected static string Read(ArtifactSession session, string path) => File.ReadAllText(Path.Combine(session.Directory, path));

    /// <summary>All files of a session, as they lie on the disk.</summary>
    private protected static string[] FilesOf(ArtifactSession session) =>
        [.. Directory.GetFiles(session.Directory, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(session.Directory, file)).Order(StringComparer.Ordinal)];

    /// <summary>What is being written beside the sessions.</summary>
    private protected string[] StagedFiles() => Directory.GetFileSystemEntries(Path.Combine(Store.RootDirectory, ".staging"), "*", SearchOption.AllDirectories)
        .Where(path => Path.GetDirectoryName(path) != Path.Combine(Store.RootDirectory, ".staging")).ToArray();
}
