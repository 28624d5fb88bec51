using System.Net;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Udf.Worker.Artifacts;
using Udf.Worker.Artifacts.Http;
using Udf.Worker.Isolation;
using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Benchmarks.Isolation;

/// <summary>How long does the first execution of a session wait for an assembly of about 1 MB?</summary>
/// <remarks>
/// The session is made, the assembly found (in a directory of this machine, or fetched over the loopback from an artifact server in this process, on a connection that is open already), checked against its
/// hash, loaded, and unloaded again. Sensitive to the hash, to copies and to the disk's cache; blind to a real network and to the compilation of what is called afterwards.
/// </remarks>
[MemoryDiagnoser]
public class FirstLoadBenchmark
{
    // Any assembly of about that size that this program has anyway.
    private static readonly string File1Mb = Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.dll");

    private readonly string _root = Directory.CreateTempSubdirectory("udf-bench-").FullName;
    private readonly AssemblyName _name = AssemblyName.GetAssemblyName(File1Mb);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });
    private WebApplication _engine = null!;
    private ArtifactStore _localStore = null!;
    private ArtifactStore _remoteStore = null!;
    private ArtifactSet _local = null!;
    private ArtifactSet _remote = null!;
    private IsolatedSessionOptions _options = null!;

    /// <summary>Puts the assembly where it is found.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        ArtifactServer server = new();
        _engine = builder.Build();
        _engine.MapUdfArtifacts(server);
        await _engine.StartAsync();
        server.BaseAddress = new Uri(_engine.Urls.Single() + "/artifacts/");
        _localStore = new ArtifactStore(new ArtifactStoreOptions { RootDirectory = Path.Combine(_root, "local") });
        _remoteStore = new ArtifactStore(new ArtifactStoreOptions { RootDirectory = Path.Combine(_root, "remote"), Publisher = server });
        _local = await UploadAsync(_localStore);
        _remote = await UploadAsync(_remoteStore);
        _options = new IsolatedSessionOptions { LoadOrder = AssemblyLoadOrder.OwnFirst, HttpInvoker = _http };
        if (await Local() != "BenchmarkDotNet" || await Remote() != "BenchmarkDotNet")
        {
            throw new InvalidOperationException("Another assembly was loaded.");
        }
    }

    /// <summary>Ends everything.</summary>
    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        _http.Dispose();
        await _engine.DisposeAsync();
        await _localStore.DisposeAsync();
        await _remoteStore.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>From a directory of this machine.</summary>
    [Benchmark(Baseline = true)]
    public Task<string> Local() => LoadAsync(_local);

    /// <summary>From a server, into a cache that is empty.</summary>
    [Benchmark]
    public Task<string> Remote() => LoadAsync(_remote);

    private async Task<string> LoadAsync(ArtifactSet set)
    {
        using ArtifactDownloads downloads = new(_options);
        using SessionContent session = new("s", _options, downloads);
        await session.UpdateAsync(set, CancellationToken.None);
        return session.Context!.LoadEntry(_name).GetName().Name!;
    }

    private static async Task<ArtifactSet> UploadAsync(ArtifactStore store)
    {
        ArtifactSession session = store.GetOrCreateSession("u", "s");
        await session.AddFileAsync("assemblies/BenchmarkDotNet.dll", File1Mb);
        return session.Artifacts;
    }
}
