using System.Text;
using Udf.Worker.Artifacts;
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
        await using UdsWorkerDispatcher dispatcher = PooledWorker.CreateDispatcher();
        TestAssembly[] versions = [.. Enumerable.Range(1, 3).Select(version => TestAssembly.Function("Pricing", $"{version}.0.0.0", $"$\"{version} {{text}} {{Environment.ProcessId}}\""))];
        ArtifactSession[] sessions = await Task.WhenAll(versions.Select((version, index) => SessionAsync($"s{index}", version)));

        // All three are in the middle of their streams at the same time.
        await using OpenStream first = new(await PooledWorker.StartAsync(dispatcher, sessions[0], versions[0].Payload()));
        await using OpenStream second = new(await PooledWorker.StartAsync(dispatcher, sessions[1], versions[1].Payload()));
        string processId = (await first.AskAsync("0")).Split(' ')[2];
        Assert.NotEqual($"{Environment.ProcessId}", processId);
        Assert.Equal($"2 0 {processId}", await second.AskAsync("0"));
        await using OpenStream third = new(await PooledWorker.StartAsync(dispatcher, sessions[2], versions[2].Payload()));
        for (int round = 1; round <= 3; round++)
        {
            Assert.Equal($"3 {round} {processId}", await third.AskAsync($"{round}"));
            Assert.Equal($"1 {round} {processId}", await first.AskAsync($"{round}"));
            Assert.Equal($"2 {round} {processId}", await second.AskAsync($"{round}"));
        }

        Assert.Equal(1, Assert.Single(dispatcher.GetStatistics()).StartedCount);
    }

    [Fact]
    public async Task ALambda_IsShippedToAWorkerProcess_ThatHasNothingOfIt()
    {
        await using UdsWorkerDispatcher dispatcher = PooledWorker.CreateDispatcher();
        UdfPayload lambda = UdfPayload.FromDelegate(ShippedLambdas.Price(new Tariff { Rate = 2, Currency = "EUR" }, [0.5], "note"));
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await lambda.AddToAsync(session);
        string answer = await session.WithSessionAsync(async _ =>
        {
            string text = "";
            await foreach (WorkerBatch batch in dispatcher.ExecuteAsync(new WorkerInit(lambda.Payload).WithArtifacts(), PooledWorker.Batches("10", "20")))
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
        await using UdsWorkerDispatcher dispatcher = PooledWorker.CreateDispatcher();
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "text");
        ArtifactSession empty = await SessionAsync("empty");
        await using (WorkerSession failing = await dispatcher.CreateSessionAsync().DefaultTimeout())
        {
            WorkerFaultException exception = await Assert.ThrowsAsync<WorkerFaultException>(
                () => failing.InitAsync(new WorkerInit(function.Payload()).WithArtifacts(empty.Artifacts)).DefaultTimeout());
            Assert.Contains("Fn 1.0.0.0, which is not there", exception.Message);
        }

        ArtifactSession full = await SessionAsync("full", function);
        await using WorkerSession session = await PooledWorker.StartAsync(dispatcher, full, function.Payload());
        Assert.Equal("fine", await PooledWorker.RunAsync(session, "fine"));
        Assert.Equal(1, Assert.Single(dispatcher.GetStatistics()).StartedCount);
    }
}
