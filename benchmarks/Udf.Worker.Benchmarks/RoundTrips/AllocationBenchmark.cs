using BenchmarkDotNet.Attributes;
using Udf.Worker.Benchmarks.Compare;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>What does a batch allocate on the host on its way to the worker and back, on a connection of its session's own and on one that sessions may share?</summary>
/// <remarks>
/// Look at <c>Allocated</c>: it is that of the host, all threads together, of which the loop itself has a byte or two. The baseline allocates nothing, because plain sockets do not. Sensitive to pools that are kept by
/// thread and CPU. Blind to the worker, to sessions that begin and end, and to memory that is held rather than allocated. The hard ceiling is in the <c>check</c> mode of this program.
/// </remarks>
[MemoryDiagnoser]
public class AllocationBenchmark
{
    private const int BatchCount = 512;

    private Subject? _subject;

    /// <summary>Bytes of the payload.</summary>
    [Params(64, 64 * 1024, 1024 * 1024)]
    public int PayloadBytes { get; set; }

    /// <summary>Starts the echo server, and checks its answer.</summary>
    [GlobalSetup(Target = nameof(BlockingSockets))]
    public Task SetupSockets() => SetupAsync(SubjectMethod.Sockets);

    /// <summary>Starts a worker, and checks its answer.</summary>
    [GlobalSetup(Target = nameof(OwnConnection))]
    public Task SetupOwn() => SetupAsync(SubjectMethod.Session);

    /// <summary>Starts a worker, and checks its answer.</summary>
    [GlobalSetup(Target = nameof(SharedConnection))]
    public Task SetupShared() => SetupAsync(SubjectMethod.SessionShared);

    /// <summary>Ends what was started.</summary>
    [GlobalCleanup]
    public async Task Cleanup() => await (_subject?.DisposeAsync() ?? default);

    /// <summary>There and back on blocking sockets.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = BatchCount)]
    public Task BlockingSockets() => _subject!.RunAsync(BatchCount);

    /// <summary>There and back in a session that has its connection to itself.</summary>
    [Benchmark(OperationsPerInvoke = BatchCount)]
    public Task OwnConnection() => _subject!.RunAsync(BatchCount);

    /// <summary>There and back in a session on a connection that others may share.</summary>
    [Benchmark(OperationsPerInvoke = BatchCount)]
    public Task SharedConnection() => _subject!.RunAsync(BatchCount);

    private Task SetupAsync(SubjectMethod method)
    {
        _subject = SubjectFactory.Create(new SubjectDescription(SubjectKind.RoundTrip, method, PayloadBytes));
        return _subject.StartAsync();
    }
}
