using System.IO.Compression;
using System.Reflection;
using System.Text;
using Udf.Worker.Artifacts;
using Udf.Worker.Artifacts.Internal;
using Udf.Worker.Host;
using Udf.Worker.Isolation.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>Files and archives of a session, as its functions find them.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "xunit calls DisposeAsync of IAsyncLifetime.")]
public sealed class FetchedFilesTests : SessionTest
{
    private static readonly TestAssembly Reader = CompileReader();

    private readonly FileServer _server = new();
    private readonly string _cache = Directory.CreateTempSubdirectory("udf-cache-").FullName;

    public FetchedFilesTests()
    {
        Options.HttpInvoker = new HttpMessageInvoker(_server.Requests);
        Options.CacheDirectory = _cache;
        _server.With("assemblies/Reader.dll", Reader.Bytes);
    }

    private static WorkerPayload Payload => new(
        UdfPayload.Format, new FunctionDescriptor("Reader, Version=1.0.0.0", "Reader", "Run", ["System.ReadOnlyMemory`1[System.Byte]", "Udf.Worker.Host.UdfContext"], null).ToBytes());

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _server.Dispose();
        Assert.Empty(SessionDirectories());
        Directory.Delete(_cache, recursive: true);
    }

    [Fact]
    public async Task FilesAndArchives_AreFetchedBeforeTheFunctionRuns_AndAreWhereItIsTold()
    {
        _server.With("files/sub dir/rates.csv", Bytes("1;2")).With("archives/model.zip", Zip(("a/b.txt", "inside")), "m");
        Assert.Equal("1;2", await RunAsync(_server.Set("s"), Payload, "files/sub dir/rates.csv"));
        int requests = _server.Requests.Requests.Count;
        Assert.Equal("inside", await RunAsync(_server.Set("s"), Payload, "archives/m/a/b.txt"));
        Assert.Equal("PK", (await RunAsync(_server.Set("s"), Payload, "archives/model.zip"))[..2]);
        Assert.Equal(requests, _server.Requests.Requests.Count);
        Assert.Contains("/base/files/sub%20dir/rates.csv", _server.Requests.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task ALocalSessionsFiles_AreReadWhereTheEngineHasThem()
    {
        ArtifactSession session = await SessionAsync("local", Reader);
        await session.AddAsync("files/x", Bytes("local"));
        await session.AddAsync("archives/data.zip#d", Zip(("y", "unpacked")));
        Assert.Equal("local", await RunAsync(session.Artifacts, Payload, "files/x"));
        Assert.Equal("unpacked", await RunAsync(session.Artifacts, Payload, "archives/d/y"));
        Assert.Equal(session.Directory + Path.DirectorySeparatorChar, await RunAsync(session.Artifacts, Payload, ""));
        Assert.Empty(_server.Requests.Requests);
    }

    [Fact]
    public async Task ASessionWithoutFiles_IsToldOfNoDirectory()
    {
        Assert.Equal("none", await RunAsync(_server.Set("s"), Payload, ""));
        Assert.Empty(SessionDirectories());
    }

    [Fact]
    public async Task FilesThatAreAddedLater_AreFetched_AndThoseThatChangeAreRefused()
    {
        await RunAsync(_server.Set("s"), Payload);
        _server.With("files/x", Bytes("late"));
        Assert.Equal("late", await RunAsync(_server.Set("s"), Payload, "files/x"));
        _server.With("files/x", Bytes("changed"));
        Assert.Contains("'files/x' has changed", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(_server.Set("s"), Payload, "files/x"))).Message);
        Assert.Equal("changed", await RunAsync(_server.Set("t"), Payload, "files/x"));
    }

    [Fact]
    public async Task EachSession_HasItsOwnCopy_OfContentThatWasFetchedOnce_AndItGoesWithTheSession()
    {
        Options.MaximumSessionCount = 1;
        _server.With("files/x", Bytes("shared"));
        await using (UdfFunctionLease first = await BeginAsync(_server.Set("s"), Payload))
        {
            Assert.Equal("shared", await ProcessAsync(first, "files/x"));
            Assert.Equal("written", await ProcessAsync(first, "write files/x"));

            // It is evicted by another one, and reads its files on.
            Assert.Equal("shared", await RunAsync(_server.Set("t"), Payload, "files/x"));
            Assert.Equal("changed by a function", await ProcessAsync(first, "files/x"));
            Assert.Equal(2, SessionDirectories().Length);
        }

        Assert.Single(SessionDirectories());
        Assert.Single(_server.Requests.Requests, request => request.Path == "/base/files/x");
        Assert.Equal("shared", await RunAsync(_server.Set("s"), Payload, "files/x"));
    }

    [Fact]
    [Failure("an archive of a session cannot be unpacked in the worker")]
    public async Task AnArchiveThatIsTooLargeOrDamaged_IsRefused_AndLeavesNothing()
    {
        Options.MaximumUnpackedBytes = 3;
        _server.With("archives/a.zip", Zip(("x", "12345")));
        Assert.Contains("IsolatedSessionOptions.MaximumUnpackedBytes", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(_server.Set("s"), Payload))).Message);
        _server.With("archives/a.zip", Bytes("no archive"));
        Assert.Contains("archives/a.zip", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(_server.Set("s"), Payload))).Message);
        Assert.All(SessionDirectories(), directory => Assert.Empty(Directory.GetFiles(directory, "*", SearchOption.AllDirectories)));

        // Nothing of that is remembered.
        _server.With("archives/a.zip", Zip(("x", "123")));
        Assert.Equal("123", await RunAsync(_server.Set("s"), Payload, "archives/a/x"));
    }

    [Fact]
    public async Task WhatIsDamagedInTheCache_IsFetchedAnew()
    {
        _server.With("files/x", Bytes("whole"));
        await RunAsync(_server.Set("s"), Payload);
        File.WriteAllText(Path.Combine(_cache, ArtifactHash.Of(Bytes("whole")).ToString()), "damaged");
        Assert.Equal("whole", await RunAsync(_server.Set("t"), Payload, "files/x"));
        Assert.Equal(2, _server.Requests.Requests.Count(request => request.Path == "/base/files/x"));
    }

    /// <summary>8 threads and room for one session: no execution ever misses its file or its code, whatever is evicted meanwhile.</summary>
    [Fact]
    public async Task ManyThreads_WithRoomForOneSession_AlwaysFindTheirOwnFiles()
    {
        const int Threads = 8;
        Options.MaximumSessionCount = 1;
        Options.TimeProvider = TimeProvider.System;
        int executions = Race.Rounds(800, 10_000);
        for (int index = 0; index < 4; index++)
        {
            _server.With($"files/{index}", Bytes($"content {index}"));
        }

        ArtifactSet[] sets = [.. Enumerable.Range(0, 4).Select(index => _server.Set($"s{index}", path => path == "assemblies/Reader.dll" || path == $"files/{index}"))];
        _ = Sessions;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            Random random = new(thread);
            for (int count = executions / Threads; count > 0; count--)
            {
                int index = random.Next(sets.Length);
                Assert.Equal($"content {index}", await RunAsync(sets[index], Payload, $"files/{index}"));
            }
        })));
        Assert.Equal(1, Sessions.Count);
        Assert.Single(SessionDirectories());
        Assert.DoesNotContain(Logs.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public void TheContextWithADirectory_IsOtherwiseTheSame()
    {
        UdfContext context = new()
        {
            Payload = Payload,
            ExecutionId = "e",
            DataFormat = WorkerDataFormat.Arrow,
            TaskContext = new Dictionary<string, string> { ["a"] = "b" },
            Configuration = new Dictionary<string, string> { ["c"] = "d" },
            EnvironmentVariables = new Dictionary<string, string> { ["e"] = "f" },
            ResourceDirectories = new Dictionary<string, string> { ["g"] = "/h" },
            TimeZone = "Europe/Berlin",
            InputSchema = Bytes("in"),
            OutputSchema = Bytes("out"),
            Parameters = Bytes("parameters"),
            CancellationToken = new CancellationToken(canceled: true),
            Logger = Logs.CreateLogger("x"),
        };
        UdfContext with = FunctionWithDirectory.WithDirectory(context, "/dir");
        UdfContext empty = new() { Payload = new WorkerPayload("other") };
        Assert.Equal(new Dictionary<string, string> { ["g"] = "/h", ["udf.session"] = "/dir" }, with.ResourceDirectories);
        foreach (PropertyInfo property in typeof(UdfContext).GetProperties().Where(property => property.Name != nameof(UdfContext.ResourceDirectories)))
        {
            Assert.Equal(property.GetValue(context), property.GetValue(with));

            // A property that came later would be the default on both sides.
            Assert.NotEqual(property.GetValue(empty), property.GetValue(context));
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Zip(params (string Name, string Content)[] entries)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create))
        {
            foreach ((string name, string content) in entries)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(Bytes(content));
            }
        }

        return stream.ToArray();
    }

    private static TestAssembly CompileReader() => TestAssembly.Compile("Reader", "1.0.0.0", """
        using System;
        using System.IO;
        using System.Text;
        using Udf.Worker.Host;
        public static class Reader
        {
            public static ReadOnlyMemory<byte> Run(ReadOnlyMemory<byte> batch, UdfContext context)
            {
                string path = Encoding.UTF8.GetString(batch.Span);
                if (!context.ResourceDirectories.TryGetValue("udf.session", out string directory))
                {
                    return Encoding.UTF8.GetBytes("none");
                }

                if (path.StartsWith("write "))
                {
                    File.WriteAllText(Path.Combine(directory, path.Substring(6)), "changed by a function");
                    return Encoding.UTF8.GetBytes("written");
                }

                return path.Length == 0 ? Encoding.UTF8.GetBytes(directory) : File.ReadAllBytes(Path.Combine(directory, path));
            }
        }
        """);

    private string[] SessionDirectories() => Path.Combine(_cache, ".sessions") is var all && Directory.Exists(all) ? Directory.GetDirectories(all) : [];
}
