using System.Reflection;
using System.Text;
using Udf.Worker.Artifacts;
using Udf.Worker.Direct;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Isolation.Tests;

/// <summary>A pool of one worker process, and executions on it.</summary>
internal static class PooledWorker
{
    internal static UdsWorkerDispatcher CreateDispatcher()
    {
        string worker = typeof(PooledWorker).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "IsolationWorker").Value!;
        DirectWorkerOptions options = new() { InitializationTimeout = TimeSpan.FromSeconds(30) };
        options.Pool.MaxWorkers = 1;
        options.Pool.SessionsPerWorker = 8;
        return new UdsWorkerDispatcher(WorkerSpecification.ForDotnet(Path.GetFullPath(worker)).OverUnixDomainSocket().WithReuse().WithConcurrentUdfs(), options);
    }

    internal static async Task<WorkerSession> StartAsync(WorkerDispatcher dispatcher, ArtifactSession artifacts, WorkerPayload payload)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await session.InitAsync(new WorkerInit(payload).WithArtifacts(artifacts.Artifacts)).DefaultTimeout();
        return session;
    }

    internal static async Task<string> RunAsync(WorkerSession session, string batch)
    {
        string answer = "";
        await foreach (WorkerBatch result in session.ProcessAsync(Batches(batch)))
        {
            answer += Encoding.UTF8.GetString(result.Span);
        }

        return answer;
    }

    internal static async IAsyncEnumerable<ReadOnlyMemory<byte>> Batches(params string[] batches)
    {
        foreach (string batch in batches)
        {
            yield return Encoding.UTF8.GetBytes(batch);
        }

        await Task.CompletedTask;
    }
}
