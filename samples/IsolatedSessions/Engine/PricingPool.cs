using System.Text;
using IsolatedSessions.Worker;
using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Uds;

namespace IsolatedSessions.Engine;

/// <summary>Two workers, this program once more each, which all sessions share: an execution gets the one that has less to do.</summary>
internal sealed class PricingPool : IAsyncDisposable
{
    private readonly UdsWorkerDispatcher _dispatcher;

    private PricingPool(UdsWorkerDispatcher dispatcher) => _dispatcher = dispatcher;

    public static int WorkerCount => 2;

    public static async Task<PricingPool> StartAsync()
    {
        DirectWorkerOptions options = new();
        options.Pool.MaxWorkers = WorkerCount;
        options.Pool.SessionsPerWorker = PricingWorker.MaximumConcurrentExecutions;
        PricingPool pool = new(new UdsWorkerDispatcher(Specification(), options));
        await pool._dispatcher.WarmUpAsync(WorkerCount);
        return pool;
    }

    /// <summary>Begins an execution on one of the workers.</summary>
    public async Task<WorkerSession> BeginAsync(WorkerInit init)
    {
        WorkerSession session = await _dispatcher.CreateSessionAsync();
        try
        {
            await session.InitAsync(init);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs an execution that was begun on one batch, and ends it.</summary>
    public static async Task<string> RunAsync(WorkerSession session, string batch)
    {
        await using (session)
        {
            string answer = "";
            await foreach (WorkerBatch result in session.ProcessAsync(One(batch)))
            {
                answer += Encoding.UTF8.GetString(result.Span);
            }

            return answer;
        }
    }

    /// <summary>What each worker holds in memory, by the worker's id.</summary>
    public async Task<SortedDictionary<string, WorkerReport>> ReportAsync()
    {
        // The worker that has less to do gets the next session, so with these held every worker has its turn.
        SortedDictionary<string, WorkerReport> reports = new(StringComparer.Ordinal);
        List<WorkerSession> held = [];
        try
        {
            while (reports.Count < WorkerCount)
            {
                WorkerSession session = await BeginAsync(new WorkerInit(new WorkerPayload(PricingWorker.ReportFormat)));
                held.Add(session);
                await foreach (WorkerBatch report in session.ProcessAsync(One("")))
                {
                    reports[session.WorkerId] = WorkerReport.Parse(Encoding.UTF8.GetString(report.Span));
                }
            }
        }
        finally
        {
            foreach (WorkerSession session in held)
            {
                await session.DisposeAsync();
            }
        }

        return reports;
    }

    public ValueTask DisposeAsync() => _dispatcher.DisposeAsync();

    private static WorkerSpecification Specification()
    {
        // This program once more, the way it was started itself: as an executable (dotnet run), or as an assembly (dotnet IsolatedSessions.dll).
        string executable = Environment.ProcessPath ?? "dotnet";
        WorkerSpecification specification = Path.GetFileNameWithoutExtension(executable) == "dotnet"
            ? WorkerSpecification.ForCommand(executable, typeof(PricingPool).Assembly.Location, "worker")
            : WorkerSpecification.ForCommand(executable, "worker");
        return specification.OverUnixDomainSocket().WithReuse().WithConcurrentUdfs();
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> One(string batch)
    {
        yield return Encoding.UTF8.GetBytes(batch);
        await Task.CompletedTask;
    }
}
