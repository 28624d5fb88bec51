using System.Diagnostics;
using Udf.Worker.Benchmarks.Pools;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Sessions with one small batch, for each of which a worker is started: from its creation to the first result. The end of the worker is not in the time.</summary>
internal sealed class FreshWorkerStart(SubjectDescription description) : Subject
{
    private readonly UdsWorkerDispatcher _dispatcher = new(WorkerSpecification
        .ForDotnet(description.ProgramPath!)
        .WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1")
        .OverUnixDomainSocket());

    internal override Task StartAsync() => RunAsync(1);

    internal override async Task<TimeSpan> RunAsync(int count)
    {
        TimeSpan total = TimeSpan.Zero;
        for (int index = 0; index < count; index++)
        {
            long begun = Stopwatch.GetTimestamp();
            await using WorkerSession session = await _dispatcher.CreateSessionAsync();
            total += await EchoSessions.EchoAsync(session, begun);
        }

        return total;
    }

    public override ValueTask DisposeAsync() => _dispatcher.DisposeAsync();
}
