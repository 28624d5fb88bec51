using BenchmarkDotNet.Attributes;
using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Isolation;
using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Benchmarks.Isolation;

/// <summary>What does an execution pay for its isolated session, once the session is warm?</summary>
/// <remarks>
/// The baseline finds the same shipped function without a session; both make it, and end the execution. Obtaining and releasing the session is measured alone too. Blind to the wire: the two keys of the
/// task context travel in the init, whose cost the round trips show.
/// </remarks>
[MemoryDiagnoser]
public class SessionOverheadBenchmark
{
    private readonly string _root = Directory.CreateTempSubdirectory("udf-bench-").FullName;
    private ArtifactStore _store = null!;
    private IsolatedSessions _sessions = null!;
    private UdfContext _without = null!;
    private UdfContext _with = null!;
    private string _id = "";

    /// <summary>How many artifacts the session has, all of which travel with each execution.</summary>
    [Params(1, 100)]
    public int ArtifactCount { get; set; }

    /// <summary>Fills a session and runs the function once in each way.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        _store = new ArtifactStore(new ArtifactStoreOptions { RootDirectory = _root });
        _sessions = new IsolatedSessions();
        ArtifactSession session = _store.GetOrCreateSession("u", "s");
        for (int index = 0; index < ArtifactCount; index++)
        {
            await session.AddAsync($"files/{index}", new byte[1]);
        }

        WorkerPayload payload = UdfPayload.FromDelegate(Echo).Payload;
        WorkerInit init = new WorkerInit(payload).WithArtifacts(session.Artifacts);
        _id = session.Artifacts.SessionId;
        _without = new UdfContext { Payload = payload };
        _with = new UdfContext { Payload = payload, TaskContext = init.TaskContext };
        await NoSession();
        await Session();
    }

    /// <summary>Ends everything.</summary>
    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _sessions.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>The function with the worker's own assemblies.</summary>
    [Benchmark(Baseline = true)]
    public async Task NoSession()
    {
        UdfFunctionLease? lease = await _sessions.ResolveAsync(_without, CancellationToken.None);
        await lease!.DisposeAsync();
    }

    /// <summary>The function in a session.</summary>
    [Benchmark]
    public async Task Session()
    {
        UdfFunctionLease? lease = await _sessions.ResolveAsync(_with, CancellationToken.None);
        await lease!.DisposeAsync();
    }

    /// <summary>The session alone.</summary>
    [Benchmark]
    public async Task ObtainAndRelease()
    {
        IsolatedSession<SessionContent> session = await _sessions.Cache.ObtainAsync(_id);
        _sessions.Cache.Release(session);
    }

    private static ReadOnlyMemory<byte> Echo(ReadOnlyMemory<byte> batch) => batch;
}
