using System.Formats.Tar;
using System.IO.Compression;
using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Tests;

public sealed class ArchiveTests : StoreTest
{
    [Fact]
    public async Task Zip_IsKeptAndUnpackedBesideItself()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("archives/data.zip", Zip(("a.txt", "1"), ("sub/", ""), ("sub/b.txt", "2"), ("cache/a/b", "3")));
        Assert.Equal(["archives/data.zip", "archives/data/a.txt", "archives/data/cache/a/b", "archives/data/sub/b.txt"], FilesOf(session));
        Assert.Equal("2", Read(session, "archives/data/sub/b.txt"));
        Assert.Single(session.Artifacts.Archives);
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task TarGz_WithAFragment_IsUnpackedToThatDirectory()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        byte[] archive = TarGz(new PaxTarEntry(TarEntryType.Directory, "./sub/"), File("./sub/b.txt", "2"));
        await session.AddAsync("archives/data.tar.gz#model", archive);
        Assert.Equal(["archives/data.tar.gz", "archives/model/sub/b.txt"], FilesOf(session));

        // The same again is no error; another directory, and another archive with the same directory, are.
        await session.AddAsync("archives/data.tar.gz#model", archive);
        Assert.Equal("model", Assert.Single(session.Artifacts.Archives).UnpackedName);
        Assert.Contains("is unpacked to 'model'", (await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("archives/data.tar.gz#other", archive))).Message);
        await Assert.ThrowsAsync<ArtifactExistsException>(() => session.AddAsync("archives/more.zip#model", Zip(("x", "1"))));
        Assert.Equal(2, FilesOf(session).Length);
        Assert.Empty(StagedFiles());
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/x")]
    [InlineData("a/../../x")]
    [InlineData("..\\x")]
    [InlineData("C:\\x")]
    [InlineData("con")]
    [Failure("an archive is damaged")]
    public async Task AnEntryThatWouldLeave_IsRefused_AndNothingIsKept(string name)
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/data.zip", Zip(("good", "1"), (name, "2"))));
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/data.tgz", TarGz(File("good", "1"), File(name, "2"))));
        Assert.Empty(FilesOf(session));
        Assert.Empty(StagedFiles());
        Assert.Empty(Directory.GetFiles(Scratch, "x", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task ALink_IsRefused()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        byte[] symbolic = TarGz(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc" }, File("link/x", "1"));
        byte[] hard = TarGz(File("x", "1"), new PaxTarEntry(TarEntryType.HardLink, "link") { LinkName = "x" });
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/a.tgz", symbolic));
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/a.tgz", hard));
        byte[] zip = Zip(("link", "/etc"));
        await session.AddAsync("archives/fine.zip", zip);
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/a.zip", Zip(entry => entry.ExternalAttributes = unchecked((int)0xA1FF0000), ("link", "/etc"))));
    }

    [Fact]
    public async Task TwoEntriesOfOneName_OrAFileForADirectory_AreRefused()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/a.zip", Zip(("x", "1"), ("X", "2"))));
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/a.zip", Zip(("x", "1"), ("x/y", "2"))));
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync("archives/a.zip", Zip(("x/y", "1"), ("x", "2"))));
        Assert.Empty(FilesOf(session));
    }

    [Fact]
    public async Task WhatUnpacksToTooMuch_IsStoppedWhileItIsWritten()
    {
        Options.MaximumUnpackedBytes = 1000;
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("archives/fits.zip", Zip(("a", new string('x', 500)), ("b", new string('x', 500))));
        ArtifactTooLargeException exception = await Assert.ThrowsAsync<ArtifactTooLargeException>(
            () => session.AddAsync("archives/bomb.zip", Zip(("a", new string('x', 500)), ("b", new string('x', 501)))));
        Assert.Equal("MaximumUnpackedBytes", exception.Setting);
        Assert.Equal(3, FilesOf(session).Length);
        Assert.Empty(StagedFiles());
    }

    [Fact]
    public async Task AFullDisk_WhileItIsUnpacked_LeavesNothing_AndLosesNothing()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("archives/before.zip", Zip(("x", "1")));
        string[] before = FilesOf(session);
        Func<string, Stream> create = Options.CreateFile;
        int files = 0;

        // The archive itself fits, and the first file in it.
        Options.CreateFile = path => ++files <= 2 ? create(path) : new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        byte[] archive = Zip(("a", "1"), ("b", "2"));
        Assert.True((await Assert.ThrowsAsync<ArtifactStorageException>(() => session.AddAsync("archives/a.zip", archive))).IsFull);
        Assert.Equal(before, FilesOf(session));
        Assert.Single(session.Artifacts.Archives);
        Assert.Empty(StagedFiles());
        Options.CreateFile = create;
        await session.AddAsync("archives/a.zip", archive);
        Assert.Equal("2", Read(session, "archives/a/b"));
    }

    [Fact]
    public async Task TooManyEntries_AreRefused_DirectoriesIncluded()
    {
        Options.MaximumArchiveEntryCount = 3;
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await session.AddAsync("archives/fits.zip", Zip(("a", "1"), ("b/", ""), ("b/c", "1")));
        ArtifactTooLargeException exception = await Assert.ThrowsAsync<ArtifactTooLargeException>(
            () => session.AddAsync("archives/many.tgz", TarGz([.. Enumerable.Range(0, 4).Select(index => new PaxTarEntry(TarEntryType.Directory, $"d{index}"))])));
        Assert.Equal("MaximumArchiveEntryCount", exception.Setting);
    }

    [Theory]
    [InlineData("archives/x.zip")]
    [InlineData("archives/x.tar")]
    [InlineData("archives/x.tar.gz")]
    public async Task ADamagedArchive_IsRefused(string path)
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        byte[] garbage = new byte[2000];
        new Random(1).NextBytes(garbage);
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => session.AddAsync(path, garbage));
        Assert.Empty(FilesOf(session));
        Assert.Empty(StagedFiles());
    }

    [Theory]
    [InlineData("archives/x.rar")]
    [InlineData("archives/zip")]
    public async Task AnUnknownKind_IsRefused(string path) =>
        await Assert.ThrowsAsync<ArtifactArchiveException>(() => Store.GetOrCreateSession("u", "s").AddAsync(path, Bytes("x")));

    [Theory]
    [InlineData("archives/x.zip#..")]
    [InlineData("archives/x.zip#a/b")]
    [InlineData("archives/x.zip#")]
    public async Task ADirectoryThatCouldLeave_IsRefused(string path) =>
        await Assert.ThrowsAsync<ArtifactPathException>(() => Store.GetOrCreateSession("u", "s").AddAsync(path, Zip(("x", "1"))));

    private static PaxTarEntry File(string name, string content) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Bytes(content)) };

    private static byte[] Zip(params (string Name, string Content)[] entries) => Zip(_ => { }, entries);

    private static byte[] Zip(Action<ZipArchiveEntry> change, params (string Name, string Content)[] entries)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create))
        {
            foreach ((string name, string content) in entries)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name);
                change(entry);
                using Stream writer = entry.Open();
                writer.Write(Bytes(content));
            }
        }

        return stream.ToArray();
    }

    private static byte[] TarGz(params TarEntry[] entries)
    {
        using MemoryStream stream = new();
        using (GZipStream zipped = new(stream, CompressionMode.Compress))
        using (TarWriter tar = new(zipped))
        {
            foreach (TarEntry entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        return stream.ToArray();
    }
}
