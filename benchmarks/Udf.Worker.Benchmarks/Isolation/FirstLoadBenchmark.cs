using System.Net;
using System.Net.Sockets;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using Udf.Worker.Artifacts;
using Udf.Worker.Isolation;
using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Benchmarks.Isolation;

/// <summary>How long does the first execution of a session wait for an assembly of about 1 MB?</summary>
/// <remarks>
/// The session is made, the assembly found (in a directory of this machine, or fetched over the loopback from a plain HTTP server in this process, on a connection that is open already), checked against its
/// hash, loaded, and unloaded again. Sensitive to the hash, to copies and to the disk's cache; blind to a real network, to the artifact server, and to the compilation of what is called afterwards.
/// </remarks>
[MemoryDiagnoser]
public class FirstLoadBenchmark
{
    // Any assembly of about that size that this program has anyway.
    private static readonly string File1Mb = Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.dll");

    private readonly string _root = Directory.CreateTempSubdirectory("udf-bench-").FullName;
    private readonly AssemblyName _name = AssemblyName.GetAssemblyName(File1Mb);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });
    private readonly HttpListener _engine = new();
    private ArtifactStore _store = null!;
    private ArtifactSet _local = null!;
    private ArtifactSet _remote = null!;
    private IsolatedSessionOptions _options = null!;

    /// <summary>Puts the assembly where it is found.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        _store = new ArtifactStore(new ArtifactStoreOptions { RootDirectory = _root });
        ArtifactSession session = _store.GetOrCreateSession("u", "s");
        await session.AddFileAsync("assemblies/BenchmarkDotNet.dll", File1Mb);
        _local = session.Artifacts;
        _remote = new ArtifactSet(_local.SessionId, Serve(await File.ReadAllBytesAsync(File1Mb)), _local.Artifacts);
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
        _engine.Close();
        await _store.DisposeAsync();
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

    /// <summary>Answers every request with the same bytes.</summary>
    private Uri Serve(byte[] bytes)
    {
        using (TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            _engine.Prefixes.Add($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
        }

        _engine.Start();
        _ = AnswerAsync();
        return new Uri(_engine.Prefixes.Single());

        async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    HttpListenerContext context = await _engine.GetContextAsync();
                    context.Response.ContentLength64 = bytes.Length;
                    await context.Response.OutputStream.WriteAsync(bytes);
                    context.Response.Close();
                }
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // The benchmark is over.
            }
        }
    }
}
