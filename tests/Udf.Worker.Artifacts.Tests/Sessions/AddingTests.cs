using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Tests;

public sealed class AddingTests : StoreTest
{
    [Theory]
    [InlineData("assemblies/A.dll")]
    [InlineData("classes/a/Line1.dll")]
    [InlineData("files/x.txt")]
    [InlineData("pyfiles/abc.zip")]
    [InlineData("elsewhere/x")]
    public async Task AddAsync_PutsTheFileAtItsPathUnderTheSession(string path)
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync(path, Bytes("content"));
        Assert.Equal("content", Read(session, path));
        Assert.Equal(Path.Combine(Store.RootDirectory, session.Id), session.Directory);
        Artifact artifact = Assert.Single(session.Artifacts.Artifacts);
        Assert.Equal(new Artifact(ArtifactPath.Parse(path), ArtifactHash.Of(Bytes("content")), 7), artifact);
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task AddAsync_WithBackslashes_NormalisesThem()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("windows\\abc.txt", Bytes("x"));
        Assert.Equal(["windows/abc.txt"], FilesOf(session));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/tmp/x")]
    [InlineData("files/../../x")]
    [Failure("the name of an artifact is absolute")]
    public async Task AddAsync_OutOfTheDirectory_IsRefused(string path)
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await Assert.ThrowsAsync<ArtifactPathException>(() => session.AddAsync(path, Bytes("x")));
        await Assert.ThrowsAsync<ArtifactPathException>(() => session.AddFileAsync(path, Source("x")));
        Assert.Empty(FilesOf(session));
    }

    [Fact]
    [Failure("the session has other bytes under that name")]
    public async Task AddAsync_OfTheSameBytesAgain_IsNoError_OfOthersIs()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("assemblies/A.dll", Bytes("1"));
        ArtifactSet before = session.Artifacts;
        await session.AddAsync("assemblies/A.dll", Bytes("1"));
        Assert.Equal(before, session.Artifacts);
        ArtifactExistsException exception = await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("assemblies/A.dll", Bytes("2")));
        Assert.Equal("assemblies/A.dll", exception.Path);
        Assert.Empty(exception.Others);
        Assert.Equal("1", Read(session, "assemblies/A.dll"));
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task AddAsync_OfAnotherCase_IsRefused_BecauseItIsTheSameFileElsewhere()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/A", Bytes("1"));
        await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("files/a", Bytes("1")));
    }

    [Fact]
    public async Task AddAsync_OfAClassAgain_ReplacesIt_AndChangesTheSet()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("classes/Line1.dll", Bytes("1"));
        ArtifactSet before = session.Artifacts;
        await session.AddAsync("classes/Line1.dll", Bytes("2"));
        Assert.Equal("2", Read(session, "classes/Line1.dll"));
        Assert.NotEqual(before, session.Artifacts);
        Assert.Single(session.Artifacts.Artifacts);
    }

    [Fact]
    public async Task AddAsync_WhereADirectoryIs_OrUnderAFile_IsRefused()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/a/b", Bytes("1"));
        await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("files/a", Bytes("1")));
        await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("files/a/b/c", Bytes("1")));
        Assert.Equal(["files/a/b"], FilesOf(session));
    }

    [Fact]
    public async Task AddAsync_ThroughALinkThatSomebodyPutThere_IsRefused()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        string outside = Directory.CreateDirectory(Path.Combine(Scratch, "outside")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(session.Directory, "files"), outside);
        await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("files/x", Bytes("1")));
        Assert.Empty(Directory.GetFiles(outside));
        Directory.Delete(Path.Combine(session.Directory, "files"));
    }

    [Fact]
    public async Task AddFileAsync_MovesWhatIsStaged_AndCopiesWhatIsNot()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        string staged = Source("1", "staged");
        string permanent = Source("2", "permanent");
        await session.AddFileAsync("files/1", staged, isStaged: true);
        await session.AddFileAsync("files/2", permanent);
        Assert.False(File.Exists(staged));
        Assert.True(File.Exists(permanent));
        Assert.Equal("1", Read(session, "files/1"));
        Assert.Equal("2", Read(session, "files/2"));
    }

    [Fact]
    public async Task AddFileAsync_ThatFails_LeavesTheStagedFile()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/1", Bytes("other"));
        string staged = Source("1");
        await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddFileAsync("files/1", staged, isStaged: true));
        Assert.True(File.Exists(staged));
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task AddFileAsync_OfALink_IsRefused()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        string link = Path.Combine(Scratch, "link");
        File.CreateSymbolicLink(link, Source("secret"));
        await Assert.ThrowsAsync<ArtifactPathException>(() => session.AddFileAsync("files/1", link));
        Assert.Empty(FilesOf(session));
    }

    [Fact]
    public async Task AddFileAsync_OfAMissingFile_SaysWhichArtifact()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        ArtifactStorageException exception = await Assert.ThrowsAsync<ArtifactStorageException>(() => session.AddFileAsync("files/1", Path.Combine(Scratch, "none")));
        Assert.Equal("files/1", exception.Path);
        Assert.False(exception.IsFull);
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task AddAllAsync_TriesEvery_AndThrowsTheFirstOfThoseThatExist_WithTheOthers()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/1", Bytes("old"));
        await session.AddAsync("files/3", Bytes("old"));
        ArtifactExistsException exception = await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAllAsync(
        [
            new ArtifactAddition("files/1", Source("new", "1")),
            new ArtifactAddition("files/2", Source("new", "2")),
            new ArtifactAddition("files/3", Source("new", "3")),
        ]));
        Assert.Equal("files/1", exception.Path);
        Assert.Equal("files/3", Assert.Single(exception.Others).Path);
        Assert.Equal("new", Read(session, "files/2"));
        Assert.Equal("old", Read(session, "files/3"));
    }

    [Fact]
    public async Task AddAllAsync_EndsAtOnceAtAnyOtherFailure()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await Assert.ThrowsAsync<ArtifactPathException>(() => session.AddAllAsync(
        [
            new ArtifactAddition("files/1", Source("1", "1")),
            new ArtifactAddition("../2", Source("2", "2")),
            new ArtifactAddition("files/3", Source("3", "3")),
        ]));
        Assert.Equal(["files/1"], FilesOf(session));
    }

    [Fact]
    public async Task Cache_IsKeptInMemory_AndReplaced()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        string staged = Source("1");
        await session.AddFileAsync("cache/abc", staged, isStaged: true);
        Assert.False(File.Exists(staged));
        Assert.True(session.TryGetCached("abc", out ReadOnlyMemory<byte> content));
        Assert.Equal(Bytes("1"), content.ToArray());
        Assert.Empty(FilesOf(session));
        Assert.Empty(session.Artifacts.Artifacts);
        await session.AddAsync("cache/abc", Bytes("2"));
        Assert.True(session.TryGetCached("abc", out content));
        Assert.Equal(Bytes("2"), content.ToArray());
        Assert.False(session.TryGetCached("abd", out _));
    }

    [Fact]
    [Failure("an artifact is too long")]
    public async Task AddAsync_OfTooMuch_LeavesNothing()
    {
        Options.MaximumArtifactBytes = 4;
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("files/1", Bytes("1234"));
        ArtifactTooLargeException exception = await Assert.ThrowsAsync<ArtifactTooLargeException>(() => session.AddAsync("files/2", Bytes("12345")));
        Assert.Equal("MaximumArtifactBytes", exception.Setting);
        Assert.Equal(["files/1"], FilesOf(session));
        Assert.Empty(StagedFiles());
    }

    [Fact]
    [Failure("the disk is full")]
    public async Task AddAsync_OnAFullDisk_SaysSo_AndLosesNothing()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("classes/1", Bytes("old"));
        Func<string, Stream> create = Options.CreateFile;

        // A device whose every write fails as that of a full disk does.
        Options.CreateFile = path =>
        {
            create(path).Dispose();
            return new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        };
        ArtifactStorageException exception = await Assert.ThrowsAsync<ArtifactStorageException>(() => session.AddAsync("classes/1", Bytes("new")));
        Assert.True(exception.IsFull);
        Assert.True(exception.IsTransient);
        Assert.Contains("no space", exception.Message);
        Assert.Equal("old", Read(session, "classes/1"));
        Assert.Empty(StagedFiles());

        Options.CreateFile = create;
        await session.AddAsync("classes/1", Bytes("new"));
        Assert.Equal("new", Read(session, "classes/1"));
    }

    [Fact]
    public async Task AddAsync_OfOneNameByMany_LetsExactlyOneIn()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await Race.RunAsync(Race.Rounds(50, 1_000), 4, round =>
        {
            int refused = 0;
            Func<Task>[] actions = [.. Enumerable.Range(0, 4).Select<int, Func<Task>>(index => async () =>
            {
                try
                {
                    await session.AddAsync($"files/{round}", Bytes($"{round} by {index}"));
                }
                catch (ArtifactExistsException)
                {
                    Interlocked.Increment(ref refused);
                }
            })];
            return (actions, () =>
            {
                Assert.Equal(3, refused);
                Artifact artifact = session.Artifacts.Artifacts.Single(artifact => artifact.Path.Value == $"files/{round}");
                Assert.Equal(artifact.Hash, ArtifactHash.Of(Bytes(Read(session, $"files/{round}"))));
            }
            );
        });
        Assert.Empty(StagedFiles());
    }
}
