using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Udf.Worker.Host;
using Udf.Worker.Isolation;
using Udf.Worker.Isolation.Functions;
using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Http.Tests;

/// <summary>A real server on the loopback.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "xunit calls DisposeAsync of IAsyncLifetime.")]
public sealed class ArtifactServerTests : IAsyncLifetime
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("udf-server-").FullName;
    private readonly ArtifactServer _server = new();
    private readonly HttpClient _client = new();
    private WebApplication _app = null!;

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapUdfArtifacts(_server);
        await _app.StartAsync().DefaultTimeout();
        _server.BaseAddress = new Uri(_app.Urls.Single() + "/artifacts/");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_scratch, recursive: true);
    }

    [Fact]
    public async Task Get_WithTheToken_GivesTheFile_WithItsHashAsTag()
    {
        ArtifactLocation location = Serve("s", ("assemblies/a b/ü.dll", "content"));
        using HttpResponseMessage response = await GetAsync(location, "assemblies/a%20b/%C3%BC.dll");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("content", await response.Content.ReadAsStringAsync());
        Assert.Equal($"\"{ArtifactHash.Of("content"u8)}\"", response.Headers.ETag!.Tag);
        Assert.Equal(7, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Get_OfAFileThatHasChanged_HasAnotherTag()
    {
        ArtifactLocation location = Serve("s", ("classes/x", "1"));
        using HttpResponseMessage before = await GetAsync(location, "classes/x");
        string file = Path.Combine(_scratch, "s", "classes/x");
        File.WriteAllText(file, "2");
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        using HttpResponseMessage after = await GetAsync(location, "classes/x");
        Assert.Equal($"\"{ArtifactHash.Of("2"u8)}\"", after.Headers.ETag!.Tag);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic dTpw")]
    public async Task Get_WithoutTheToken_IsRefused(string? authorization)
    {
        ArtifactLocation location = Serve("s", ("files/x", "1"));
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(location.BaseUri, "files/x"));
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using HttpResponseMessage response = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Get_WithTheTokenOfAnother_IsRefused()
    {
        ArtifactLocation one = Serve("one", ("files/x", "1"));
        ArtifactLocation two = Serve("two", ("files/x", "2"));
        Assert.NotEqual(one.AccessToken, two.AccessToken);
        using HttpResponseMessage response = await GetAsync(one with { AccessToken = two.AccessToken }, "files/x");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("files")]
    [InlineData("files/")]
    [InlineData("files/none")]
    [InlineData("%2e%2e/secret")]
    [InlineData("..%2fsecret")]
    [InlineData("files/..%5c..%5csecret")]
    [InlineData("files/%2e%2e/%2e%2e/secret")]
    [InlineData("/etc/passwd")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("files/x%00")]
    [InlineData("files/link")]
    [InlineData("linked/secret")]
    public async Task Get_OfWhatIsNoFileOfTheDirectory_IsNotFound(string path)
    {
        File.WriteAllText(Path.Combine(_scratch, "secret"), "secret");
        ArtifactLocation location = Serve("s", ("files/x", "1"));
        File.CreateSymbolicLink(Path.Combine(_scratch, "s", "files/link"), Path.Combine(_scratch, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(_scratch, "s", "linked"), _scratch);

        // As text: a URI of .NET would tidy the path up before it is sent.
        using System.Net.Sockets.TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, location.BaseUri.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {location.BaseUri.AbsolutePath}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {location.AccessToken}\r\nConnection: close\r\n\r\n"));
        string answer = await new StreamReader(client.GetStream()).ReadToEndAsync().DefaultTimeout();

        // Some do not even come as far as this server.
        Assert.Matches("^HTTP/1.1 (404|400|405)", answer);
        Assert.DoesNotContain("secret", answer);
        Assert.DoesNotContain("root:", answer);
    }

    [Fact]
    public async Task Get_WhereCompressionIsAccepted_IsCompressed()
    {
        string content = new('x', 100_000);
        ArtifactLocation location = Serve("s", ("files/x", content));
        using HttpResponseMessage response = await GetAsync(location, "files/x", request => request.Headers.AcceptEncoding.ParseAdd("gzip"));
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.InRange(bytes.Length, 1, 10_000);
        using System.IO.Compression.GZipStream unzipped = new(new MemoryStream(bytes), System.IO.Compression.CompressionMode.Decompress);
        Assert.Equal(content, await new StreamReader(unzipped).ReadToEndAsync());
        using HttpResponseMessage again = await GetAsync(location, "files/x", request =>
        {
            request.Headers.AcceptEncoding.ParseAdd("gzip");
            request.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        });
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task Get_OfAPart_GivesThatPart_AndConditionsAreKept()
    {
        ArtifactLocation location = Serve("s", ("files/x", "0123456789"));
        using HttpResponseMessage part = await GetAsync(location, "files/x", request =>
        {
            request.Headers.AcceptEncoding.ParseAdd("gzip");
            request.Headers.Range = new RangeHeaderValue(2, 4);
        });
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("234", await part.Content.ReadAsStringAsync());
        using HttpResponseMessage same = await GetAsync(location, "files/x", request => request.Headers.IfNoneMatch.Add(part.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        using HttpResponseMessage beyond = await GetAsync(location, "files/x", request => request.Headers.Range = new RangeHeaderValue(20, 30));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Fact]
    [Failure("another directory is served under a name")]
    public async Task AddDirectory_TheSameTwice_IsNoError_AnotherIs()
    {
        ArtifactLocation first = Serve("s", ("files/x", "1"));
        Assert.Equal(first, _server.AddDirectory("s", Path.Combine(_scratch, "s") + "/"));
        Assert.Throws<InvalidOperationException>(() => _server.AddDirectory("s", _scratch));
        Assert.True(_server.RemoveDirectory("s"));
        Assert.False(_server.RemoveDirectory("s"));
        using HttpResponseMessage gone = await GetAsync(first, "files/x");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.NotEqual(first.AccessToken, _server.AddDirectory("s", _scratch).AccessToken);
        Assert.DoesNotContain(first.AccessToken!, first.ToString());
    }

    [Fact]
    public void AddDirectory_WithABadName_OrWithoutAnAddress_Throws()
    {
        Assert.Throws<ArtifactPathException>(() => _server.AddDirectory("..", _scratch));
        Assert.Throws<ArgumentException>(() => _server.AddDirectory("a/b", _scratch));
        Assert.Throws<ArgumentException>(() => _server.BaseAddress = new Uri("http://x/artifacts"));
        Assert.Throws<InvalidOperationException>(() => new ArtifactServer().AddDirectory("s", _scratch));
    }

    /// <summary>An engine's session, this server, and a worker that sees nothing of the engine's disk.</summary>
    [Fact]
    public async Task AFunction_IsShippedOverHttp_AndItsSessionsEndIsTheEndOfThat()
    {
        await using ArtifactStore store = new(new ArtifactStoreOptions { RootDirectory = Path.Combine(_scratch, "root"), Publisher = _server });
        ArtifactSession session = store.GetOrCreateSession("u", "s");
        UdfPayload payload = UdfPayload.FromDelegate(ShippedLambdas.Nested(40));
        await payload.AddToAsync(session);
        ArtifactSet artifacts = session.Artifacts;
        Assert.Equal("http", artifacts.BaseUri.Scheme);
        Assert.Equal("40+2", await RunAsync(payload.Payload, artifacts));
        await session.DisposeAsync();
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(payload.Payload, artifacts));
        Assert.True(Assert.IsType<ArtifactFetchException>(exception.InnerException).IsMissing);
    }

    [Fact]
    public async Task FilesAndArchives_AreFetchedOverHttp_ToWhereTheFunctionLooks()
    {
        await using ArtifactStore store = new(new ArtifactStoreOptions { RootDirectory = Path.Combine(_scratch, "root"), Publisher = _server });
        ArtifactSession session = store.GetOrCreateSession("u", "s");
        UdfPayload payload = UdfPayload.FromDelegate(ShippedLambdas.ReadFile);
        await payload.AddToAsync(session);
        await session.AddAsync("files/a b/#ü.txt", "a file"u8.ToArray());
        using MemoryStream archive = new();
        using (System.IO.Compression.ZipArchive zip = new(archive, System.IO.Compression.ZipArchiveMode.Create))
        {
            using Stream entry = zip.CreateEntry("in/side.txt").Open();
            entry.Write("in an archive"u8);
        }

        await session.AddAsync("archives/data.zip#model", archive.ToArray());
        Assert.Equal("a file", await RunAsync(payload.Payload, session.Artifacts, "files/a b/#ü.txt"));
        Assert.Equal("in an archive", await RunAsync(payload.Payload, session.Artifacts, "archives/model/in/side.txt"));
    }

    private static async Task<string> RunAsync(WorkerPayload payload, ArtifactSet artifacts, string batch = "")
    {
        await using IsolatedSessions worker = new(new IsolatedSessionOptions { LoadOrder = AssemblyLoadOrder.OwnFirst });
        WorkerInit init = new WorkerInit(payload).WithArtifacts(artifacts);
        UdfContext context = new() { Payload = init.Payload, TaskContext = init.TaskContext };
        await using UdfFunctionLease? lease = await worker.ResolveAsync(context, default).DefaultTimeout();
        await lease!.Function.InitAsync(context);
        TextOutput output = new();
        await lease.Function.ProcessAsync(Encoding.UTF8.GetBytes(batch), output);
        return output.Text;
    }

    private ArtifactLocation Serve(string name, params (string Path, string Content)[] files)
    {
        foreach ((string path, string content) in files)
        {
            string file = Path.Combine(_scratch, name, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        return _server.AddDirectory(name, Path.Combine(_scratch, name));
    }

    private async Task<HttpResponseMessage> GetAsync(ArtifactLocation location, string path, Action<HttpRequestMessage>? change = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(location.BaseUri, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", location.AccessToken);
        change?.Invoke(request);
        return await _client.SendAsync(request).DefaultTimeout();
    }

    private sealed class TextOutput : UdfOutput
    {
        public string Text { get; private set; } = "";

        public override CancellationToken CancellationToken => default;

        public override void Send(ReadOnlyMemory<byte> batch) => Text += Encoding.UTF8.GetString(batch.Span);
    }
}
