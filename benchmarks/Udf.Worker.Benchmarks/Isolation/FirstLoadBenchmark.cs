using System.Net;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using Udf.Worker.Artifacts;
using Udf.Worker.Isolation;
using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Benchmarks.Isolation;

/// <summary>How long does the first execution of a session wait for an assembly of about 1 MB?</summary>
/// <remarks>
/// The session is made, the assembly found (in a directory of this machine, or fetched from a server in this process, which costs no network), checked against its hash, loaded, and unloaded again.
/// Sensitive to the hash, to copies and to the disk's cache; blind to the network and to the compilation of what is called afterwards.
/// </remarks>
[MemoryDiagnoser]
public class FirstLoadBenchmark
{
    // Any assembly of about that size that this program has anyway.
    private static readonly string File1Mb = Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.dll");

    private readonly string _root = Directory.CreateTempSubdirectory("udf-bench-").FullName;
    private readonly AssemblyName _name = AssemblyName.GetAssemblyName(File1Mb);
    private ArtifactSet _local = null!;
    private ArtifactSet _remote = null!;
    private IsolatedSessionOptions _options = null!;

    /// <summary>Puts the assembly where it is found.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        byte[] bytes = await File.ReadAllBytesAsync(File1Mb);
        Directory.CreateDirectory(Path.Combine(_root, "assemblies"));
        await File.WriteAllBytesAsync(Path.Combine(_root, "assemblies", "BenchmarkDotNet.dll"), bytes);
        Artifact artifact = new(ArtifactPath.Parse("assemblies/BenchmarkDotNet.dll"), ArtifactHash.Of(bytes), bytes.Length);
        _local = new ArtifactSet("s", new Uri(_root + "/"), [artifact]);
        _remote = new ArtifactSet("s", new Uri("http://engine/"), [artifact]);
        _options = new IsolatedSessionOptions { LoadOrder = AssemblyLoadOrder.OwnFirst, HttpInvoker = new HttpMessageInvoker(new MemoryServer(bytes)) };
        if (await Local() != "BenchmarkDotNet" || await Remote() != "BenchmarkDotNet")
        {
            throw new InvalidOperationException("Another assembly was loaded.");
        }
    }

    /// <summary>Ends everything.</summary>
    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_root, recursive: true);

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

    private sealed class MemoryServer(byte[] bytes) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) });
    }
}
