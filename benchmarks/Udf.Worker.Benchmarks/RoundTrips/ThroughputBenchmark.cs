using BenchmarkDotNet.Attributes;
using Udf.Worker.Benchmarks.Compare;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>How many large batches a second go to a worker process and back when the next one does not wait for the answer to the last?</summary>
/// <remarks>
/// The figure is the time between two answers. The baseline is two processes with plain blocking sockets on which the same bytes travel, its host with a thread that sends and one that receives.
/// <para>
/// Sensitive to copies, to the sizes of socket buffers and to caches, and to whether two CPUs are free: run it unpinned. Blind to what the function does (it echoes), to small batches, whose wake-ups it hides, and to
/// memory that is touched: neither side looks at the bytes.
/// </para>
/// </remarks>
[MemoryDiagnoser]
public class ThroughputBenchmark
{
    private const int BatchCount = 128;

    private Subject? _subject;

    /// <summary>Bytes of the payload.</summary>
    [Params(64 * 1024, 1024 * 1024)]
    public int PayloadBytes { get; set; }

    /// <summary>Starts the echo server, and checks its answer.</summary>
    [GlobalSetup(Target = nameof(BlockingSockets))]
    public Task SetupSockets() => SetupAsync(SubjectMethod.Sockets);

    /// <summary>Starts a worker, and checks its answer.</summary>
    [GlobalSetup(Target = nameof(Session))]
    public Task SetupSession() => SetupAsync(SubjectMethod.Session);

    /// <summary>Ends what was started.</summary>
    [GlobalCleanup]
    public async Task Cleanup() => await (_subject?.DisposeAsync() ?? default);

    /// <summary>There and back on blocking sockets.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = BatchCount)]
    public Task BlockingSockets() => _subject!.RunAsync(BatchCount);

    /// <summary>There and back through a session.</summary>
    [Benchmark(OperationsPerInvoke = BatchCount)]
    public Task Session() => _subject!.RunAsync(BatchCount);

    private Task SetupAsync(SubjectMethod method)
    {
        _subject = SubjectFactory.Create(new SubjectDescription(SubjectKind.Echo, method, PayloadBytes));
        return _subject.StartAsync();
    }
}
