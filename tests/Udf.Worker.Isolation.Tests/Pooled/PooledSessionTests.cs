using System.Reflection;
using System.Text;
using Udf.Worker.Artifacts;
using Udf.Worker.Direct;
using Udf.Worker.Isolation.Functions;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Isolation.Tests;

/// <summary>The whole way: an engine with a pool of one worker process, and sessions that share it.</summary>
public sealed class PooledSessionTests : SessionTest
{
    [Fact]
    public async Task TwoVersions_OnOnePooledWorker_RunAtTheSameTime_AndANewerOneNeedsNoRestart()
    {
        await using UdsWorkerDispatcher dispatcher = CreateDispatcher();
        TestAssembly[] versions = [.. Enumerable.Range(1, 3).Select(version => TestAssembly.Function("Pricing", $"{version}.0.0.0", $"$\"{version} {{text}} {{Environment.ProcessId}}\""))];
        ArtifactSession[] sessions = await Task.WhenAll(versions.Select((version, index) => SessionAsync($"s{index}", version)));

        await using WorkerSession first = await StartAsync(dispatcher, sessions[0], versions[0].Payload());
        await using WorkerSession second = await StartAsync(dispatcher, sessions[1], versions[1].Payload());
        string ofFirst = await RunAsync(first, "a");
        string ofSecond = await RunAsync(second, "b");
        await using WorkerSession third = await StartAsync(dispatcher, sessions[2], versions[2].Payload());
        string ofThird = await RunAsync(third, "c");

        string processId = ofFirst.Split(' ')[2];
        Assert.Equal([$"1 a {processId}", $"2 b {processId}", $"3 c {processId}"], [ofFirst, ofSecond, ofThird]);
        Assert.NotEqual($"{Environment.ProcessId}", processId);
        Assert.Equal(1, Assert.Single(dispatcher.GetStatistics()).StartedCount);
    }

    [Fact]
    public async Task ALambda_IsShippedToAWorkerProcess_ThatHasNothingOfIt()
    {
        await using UdsWorkerDispatcher dispatcher = CreateDispatcher();
        UdfPayload lambda = UdfPayload.FromDelegate(ShippedLambdas.Price(new Tariff { Rate = 2, Currency = "EUR" }, [0.5], "note"));
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await lambda.AddToAsync(session);
        string answer = await session.WithSessionAsync(async _ =>
        {
            string text = "";
            await foreach (WorkerBatch batch in dispatcher.ExecuteAsync(new WorkerInit(lambda.Payload).WithArtifacts(), Batches("10", "20")))
            {
                text += Encoding.UTF8.GetString(batch.Span) + ";";
            }

            return text;
        }).DefaultTimeout();
        Assert.Equal("19.5 EUR note 1;39.5 EUR note 2;", answer);
    }

    [Fact]
    public async Task AMissingDependency_ReachesTheCaller_AndTheWorkerServesOn()
    {
        await using UdsWorkerDispatcher dispatcher = CreateDispatcher();
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "text");
        ArtifactSession empty = await SessionAsync("empty");
        await using (WorkerSession failing = await dispatcher.CreateSessionAsync().DefaultTimeout())
        {
            WorkerFaultException exception = await Assert.ThrowsAsync<WorkerFaultException>(
                () => failing.InitAsync(new WorkerInit(function.Payload()).WithArtifacts(empty.Artifacts)).DefaultTimeout());
            Assert.Contains("Fn 1.0.0.0, which is not there", exception.Message);
        }

        ArtifactSession full = await SessionAsync("full", function);
        await using WorkerSession session = await StartAsync(dispatcher, full, function.Payload());
        Assert.Equal("fine", await RunAsync(session, "fine"));
        Assert.Equal(1, Assert.Single(dispatcher.GetStatistics()).StartedCount);
    }

    private static UdsWorkerDispatcher CreateDispatcher()
    {
        string worker = typeof(PooledSessionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "IsolationWorker").Value!;
        DirectWorkerOptions options = new() { InitializationTimeout = TimeSpan.FromSeconds(30) };
        options.Pool.MaxWorkers = 1;
        options.Pool.SessionsPerWorker = 8;
        return new UdsWorkerDispatcher(WorkerSpecification.ForDotnet(Path.GetFullPath(worker)).OverUnixDomainSocket().WithReuse().WithConcurrentUdfs(), options);
    }

    private static async Task<WorkerSession> StartAsync(WorkerDispatcher dispatcher, ArtifactSession artifacts, WorkerPayload payload)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await session.InitAsync(new WorkerInit(payload).WithArtifacts(artifacts.Artifacts)).DefaultTimeout();
        return session;
    }

    private static async Task<string> RunAsync(WorkerSession session, string batch)
    {
        string answer = "";
        await foreach (WorkerBatch result in session.ProcessAsync(Batches(batch)))
        {
            answer += Encoding.UTF8.GetString(result.Span);
        }

        return answer;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Batches(params string[] batches)
    {
        foreach (string batch in batches)
        {
            yield return Encoding.UTF8.GetBytes(batch);
        }

        await Task.CompletedTask;
    }
}
