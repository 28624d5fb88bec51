using System.Runtime.CompilerServices;
using Udf.Worker.Artifacts.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Tests;

public sealed class ArtifactStoreTests : StoreTest
{
    [Fact]
    public async Task Sessions_OfTwoUsersWithOneName_AreTwo()
    {
        ArtifactSession one = Store.GetOrCreateSession("u1", "s");
        ArtifactSession two = Store.GetOrCreateSession("u2", "s");
        Assert.Same(one, Store.GetOrCreateSession("u1", "s"));
        Assert.NotEqual(one.Directory, two.Directory);
        await one.AddAsync("files/x", Bytes("1"));
        await two.AddAsync("files/x", Bytes("2"));
        Assert.Equal("1", Read(one, "files/x"));
        Assert.Equal(2, Store.SessionCount);
        Assert.NotEqual(one.Artifacts, two.Artifacts);
    }

    [Fact]
    [Failure("the session has ended: closed")]
    public async Task Dispose_DeletesTheDirectoryAndLetsMemoryGo_Once_AndTheRootStays()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/x", Bytes("1"));
        await session.AddAsync("cache/x", Bytes("1"));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => session.DisposeAsync().AsTask())).DefaultTimeout();
        Assert.False(Directory.Exists(session.Directory));
        Assert.False(session.TryGetCached("x", out _));
        Assert.True(Directory.Exists(Store.RootDirectory));
        Assert.Equal(0, Store.SessionCount);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.AddAsync("files/y", Bytes("1")));
        Assert.Throws<ObjectDisposedException>(() => session.Artifacts);

        // The name is free, for a session that has nothing of the other.
        ArtifactSession next = Store.GetOrCreateSession("u", "s");
        Assert.NotEqual(session.Id, next.Id);
        Assert.Empty(FilesOf(next));
    }

    [Fact]
    public async Task WithSessionAsync_MakesTheArtifactsCurrent_AndRestores()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/x", Bytes("1"));
        ArtifactSet? seen = await session.WithSessionAsync(async _ =>
        {
            await Task.Yield();
            return ArtifactSet.Current;
        });
        Assert.Equal(session.Artifacts, seen);
        Assert.Null(ArtifactSet.Current);
        Assert.Equal(session.Artifacts, session.WithSession(_ => ArtifactSet.Current));
        Assert.Throws<InvalidOperationException>(() => session.WithSession<int>(_ => throw new InvalidOperationException()));
        Assert.Null(ArtifactSet.Current);
        Assert.Equal(session.Id, await Store.WithSessionAsync("u", "s", inner => Task.FromResult(inner.Id)));
    }

    [Fact]
    public async Task Sessions_ExpireAfterTheTimeWithoutUse_ExactlyThen()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        ArtifactSession other = Store.GetOrCreateSession("u", "other");
        Clock.Advance(Options.SessionIdleTimeout / 2);
        await session.AddAsync("files/x", Bytes("1"));
        Clock.Advance(Options.SessionIdleTimeout - TimeSpan.FromTicks(1));
        Assert.False(Directory.Exists(other.Directory));
        Assert.True(Directory.Exists(session.Directory));
        Clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(Directory.Exists(session.Directory));
        Assert.Equal(0, Store.SessionCount);
    }

    [Fact]
    public async Task Sessions_DoNotExpireUnderWhatRunsInThem()
    {
        SyncPoint running = new();
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        Task work = session.WithSessionAsync(async _ => await running.HoldAsync());
        await running.Reached.DefaultTimeout();
        Clock.Advance(Options.SessionIdleTimeout * 3);
        Assert.True(Directory.Exists(session.Directory));
        running.Continue();
        await work.DefaultTimeout();
        Clock.Advance(Options.SessionIdleTimeout - TimeSpan.FromTicks(1));
        Assert.True(Directory.Exists(session.Directory));
        Clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(Directory.Exists(session.Directory));
    }

    [Fact]
    public async Task Expiry_AgainstUse_NeverPullsTheDirectoryAway()
    {
        Options.SessionIdleTimeout = TimeSpan.FromTicks(1);
        await Race.RunAsync(Race.Rounds(200, 5_000), 3, round =>
        {
            string name = $"s{round}";
            Store.GetOrCreateSession("u", name);
            Func<Task> use = () => Store.WithSessionAsync("u", name, async session =>
            {
                await session.AddAsync("files/x", Bytes("1"));
                Assert.Equal("1", Read(session, "files/x"));
                return true;
            });
            return ([use, use, () =>
            {
                Clock.Advance(TimeSpan.FromTicks(2));
                return Task.CompletedTask;
            }], () => { }
            );
        });
    }

    [Fact]
    public async Task Clone_HasItsOwnFiles_AndSharesMemory()
    {
        ArtifactSession source = Store.GetOrCreateSession("u", "s");
        await source.AddAsync("assemblies/A.dll", Bytes("a"));
        await source.AddAsync("classes/L.dll", Bytes("1"));
        await source.AddAsync("cache/one", Bytes("one"));
        await source.AddAsync("cache/two", Bytes("two"));
        ArtifactSession clone = await Store.CloneAsync(source, "u", "clone");
        Assert.NotEqual(source.Directory, clone.Directory);
        Assert.Equal(FilesOf(source), FilesOf(clone));
        Assert.Equal(source.Artifacts.Artifacts, clone.Artifacts.Artifacts);
        Assert.True(source.TryGetCached("one", out ReadOnlyMemory<byte> ofSource));
        Assert.True(clone.TryGetCached("one", out ReadOnlyMemory<byte> ofClone));
        Assert.True(ofSource.Equals(ofClone));

        // From then on each goes its own way.
        await clone.AddAsync("classes/L.dll", Bytes("2"));
        await clone.AddAsync("cache/one", Bytes("changed"));
        Assert.Equal("1", Read(source, "classes/L.dll"));
        Assert.True(source.TryGetCached("one", out ofSource));
        Assert.Equal(Bytes("one"), ofSource.ToArray());

        await source.DisposeAsync().DefaultTimeout();
        Assert.True(clone.TryGetCached("two", out ofClone));
        Assert.Equal(Bytes("two"), ofClone.ToArray());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Store.CloneAsync(source, "u", "late"));
    }

    /// <summary>Which bytes are in memory as sessions come and go: each as long as anybody has it, and no longer.</summary>
    [Fact]
    public async Task CachedBytes_AreLetGo_WithTheLastSessionThatHasThem()
    {
        ArtifactSession source = Store.GetOrCreateSession("u", "s");
        await source.AddAsync("cache/one", Bytes("one"));
        await source.AddAsync("cache/two", Bytes("two"));
        ArtifactSession clone = await Store.CloneAsync(source, "u", "clone");
        await clone.AddAsync("cache/own", Bytes("own"));
        (WeakReference one, WeakReference two, WeakReference own) = (Watch(source, "one"), Watch(source, "two"), Watch(clone, "own"));

        // Replaced in the clone only.
        await clone.AddAsync("cache/two", Bytes("2"));
        Assert.True(IsAlive(two));
        await clone.DisposeAsync().DefaultTimeout();
        Assert.True(IsAlive(one));
        Assert.True(IsAlive(two));
        Assert.False(IsAlive(own));

        clone = await Store.CloneAsync(source, "u", "clone");
        await source.AddAsync("cache/one", Bytes("1"));
        Assert.True(IsAlive(one));
        await source.DisposeAsync().DefaultTimeout();
        Assert.True(IsAlive(one));
        Assert.True(IsAlive(two));
        await clone.DisposeAsync().DefaultTimeout();
        Assert.False(IsAlive(one));
        Assert.False(IsAlive(two));
    }

    [Fact]
    public async Task Clone_WithArchives_UnpacksThemToTheSameDirectories()
    {
        ArtifactSession source = Store.GetOrCreateSession("u", "s");
        using MemoryStream stream = new();
        using (System.IO.Compression.ZipArchive zip = new(stream, System.IO.Compression.ZipArchiveMode.Create))
        {
            using Stream entry = zip.CreateEntry("x").Open();
            entry.Write(Bytes("1"));
        }

        await source.AddAsync("archives/a.zip#model", stream.ToArray());
        Assert.Equal(FilesOf(source), FilesOf(await Store.CloneAsync(source, "u", "clone")));
    }

    [Fact]
    public async Task Clone_ToANameThatIsTaken_OrThatFails_LeavesNothing()
    {
        ArtifactSession source = Store.GetOrCreateSession("u", "s");
        await source.AddAsync("files/x", Bytes("1"));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.CloneAsync(source, "u", "s"));
        File.Delete(Path.Combine(source.Directory, "files/x"));
        await Assert.ThrowsAsync<ArtifactStorageException>(() => Store.CloneAsync(source, "u", "clone"));
        Assert.Equal(1, Store.SessionCount);
        Assert.Single(Directory.GetDirectories(Store.RootDirectory), path => Path.GetFileName(path) != ".staging");
    }

    [Fact]
    public void Block_IsHeldByCount_AndRefusesWhatComesAfterItsRelease()
    {
        CachedBlock block = new(Bytes("x"));
        Assert.Same(block, block.Retain());
        block.Release();
        Assert.False(block.IsReleased);
        block.Release();
        Assert.True(block.IsReleased);
        Assert.Throws<ObjectDisposedException>(() => block.Content);
        Assert.Throws<ObjectDisposedException>(() => block.Retain());
        Assert.Throws<ObjectDisposedException>(block.Release);
    }

    [Fact]
    public async Task Publisher_HearsOfEachSessionOnce_AndGivesTheBase()
    {
        RecordingPublisher publisher = new();
        Options.Publisher = publisher;
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        Assert.Equal(new Uri($"http://host/{session.Id}/"), session.Artifacts.BaseUri);
        Assert.Equal("secret", session.Artifacts.AccessToken);
        await session.DisposeAsync();
        await session.DisposeAsync();
        Assert.Equal([$"+{session.Id}", $"-{session.Id}"], publisher.Calls);
    }

    [Fact]
    public async Task AForgottenStore_StillCleansUp()
    {
        string root = Path.Combine(Scratch, "forgotten");
        string directory = await FillAsync(root);
        Assert.True(Directory.Exists(directory));
        for (int attempt = 0; attempt < 20 && Directory.Exists(directory); attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(Directory.Exists(directory));
        Assert.True(Directory.Exists(root));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Watch(ArtifactSession session, string name)
    {
        Assert.True(session.TryGetCached(name, out ReadOnlyMemory<byte> content));
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(content, out ArraySegment<byte> bytes));
        return new WeakReference(bytes.Array);
    }

    private static bool IsAlive(WeakReference reference)
    {
        GC.Collect();
        return reference.IsAlive;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<string> FillAsync(string root)
    {
        ArtifactStore store = new(new ArtifactStoreOptions { RootDirectory = root });
        ArtifactSession session = store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/x", Bytes("1"));
        return session.Directory;
    }

    private sealed class RecordingPublisher : IArtifactPublisher
    {
        internal List<string> Calls { get; } = [];

        public ArtifactLocation Publish(string sessionId, string directory)
        {
            Calls.Add($"+{sessionId}");
            return new ArtifactLocation(new Uri($"http://host/{sessionId}/"), "secret");
        }

        public void Withdraw(string sessionId) => Calls.Add($"-{sessionId}");
    }
}
