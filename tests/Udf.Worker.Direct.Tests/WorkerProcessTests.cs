using System.Diagnostics;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>What a worker is given when it starts, what is heard of it while it runs, and how its end is told.</summary>
public sealed class WorkerProcessTests
{
    [Fact]
    public async Task Worker_Starts_GetsItsIdAddressAndTokenAndAnOpenInput()
    {
        var logs = new ListLoggerFactory();
        WorkerSpecification specification = Scripts.Worker("echo \"$*\"; echo \"$UDF_WORKER_TOKEN/$UDF_WORKER_STDIN/$EXTRA\" > \"$4\"; read -r _").WithEnvironmentVariable("EXTRA", "more");
        await using var dispatcher = new FakeDispatcher(specification, loggerFactory: logs);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        WorkerEndpoint endpoint = Assert.Single(dispatcher.Endpoints);
        Assert.True(Guid.TryParse(endpoint.WorkerId, out _));
        Assert.Equal(32, endpoint.Secret.Length);
        string expected = $"{Convert.ToHexStringLower(endpoint.Secret)}/engine/more";
        await WaitForContentAsync(endpoint.Address, expected).DefaultTimeout();
        await logs.WaitForAsync(entry => entry.Category == "Udf.Worker.Output" && entry.Message.EndsWith($"--id {endpoint.WorkerId} --connection {endpoint.Address}", StringComparison.Ordinal)).DefaultTimeout();
    }

    [Fact]
    public async Task Worker_TokenIsInNoLogAndNoMessage()
    {
        var logs = new ListLoggerFactory();
        WorkerSpecification specification = Scripts.Worker("exit 1").WithEnvironmentVariable("PASSWORD", "correct horse");
        await using var dispatcher = new FakeDispatcher(specification, loggerFactory: logs);

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        string token = Convert.ToHexStringLower(Assert.Single(dispatcher.Endpoints).Secret);
        string everything = string.Join('\n', logs.Entries.Select(entry => entry.Message).Append(error.ToString()));
        Assert.DoesNotContain(token, everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("correct horse", everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_IsKilledWhileASessionRuns_SessionEndsWithSignalAndLastLines()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("echo the last words; touch \"$4\"; read -r _"));
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Task<Exception> run = session.RunUntilLostAsync();

        Process.GetProcessById(session.ProcessId).Kill();

        var error = Assert.IsType<WorkerExitedException>(await run.DefaultTimeout());
        Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
        Assert.Contains("SIGKILL from outside", error.Message, StringComparison.Ordinal);
        Assert.Contains("the last words", error.Message, StringComparison.Ordinal);
        Assert.Contains(session.WorkerId, error.Message, StringComparison.Ordinal);
        Assert.Equal(Assert.Single(dispatcher.Allocated), error.Endpoint);
        await session.CloseAsync().DefaultTimeout();
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    [Failure("the dispatcher was closed while the session ran")]
    public async Task Dispose_ASessionRuns_SessionEndsAndSaysThatTheDispatcherWasClosed()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Task<Exception> run = session.RunUntilLostAsync();

        await dispatcher.DisposeAsync().DefaultTimeout();

        var error = Assert.IsType<WorkerExitedException>(await run.DefaultTimeout());
        Assert.True(error.Exit.EndedByHost);
        Assert.Equal("the dispatcher was closed", error.Exit.Reason);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Explain_WorkerLives_ReturnsTheFailureAfterItsTimeout()
    {
        var clock = new ManualTimeProvider();
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), timeProvider: clock);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        var failure = new WorkerConnectionException("reset by peer");

        Task<WorkerException> explanation = session.Lease.ExplainAsync(failure).AsTask();
        await clock.WaitForTimerAsync(TimeSpan.FromSeconds(1)).DefaultTimeout();
        Assert.False(explanation.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Same(failure, await explanation.DefaultTimeout());
    }

    [Fact]
    public async Task Worker_GrandchildHoldsItsOutput_EndIsToldAtOnceAndTheGrandchildEndsToo()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("sleep 300 & echo $! > \"$4.tmp\"; mv \"$4.tmp\" \"$4\"; read -r _"));
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        int grandchild = int.Parse(await File.ReadAllTextAsync(Assert.Single(dispatcher.Allocated)));
        Task<Exception> run = session.RunUntilLostAsync();
        var watch = Stopwatch.StartNew();

        Process.GetProcessById(session.ProcessId).Kill();

        Assert.IsType<WorkerExitedException>(await run.DefaultTimeout());
        // The output ends after 300 s.
        Assert.InRange(watch.ElapsedMilliseconds, 0, 15_000);
        await ProcessProbe.WaitUntilGoneAsync(grandchild).DefaultTimeout();
        await session.CloseAsync().DefaultTimeout();
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Worker_FloodsItsOutput_IsReadToTheEndAndTheTailStaysBounded()
    {
        const int Lines = 200_000;
        await using var dispatcher = new FakeDispatcher(Scripts.Worker($"i=0; seq 1 {Lines}; exit 7"));

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        string[] tail = error.OutputTail!.Split('\n');
        Assert.Equal(50, tail.Length);
        Assert.Equal($"{Lines}", tail[^1]);
        Assert.Equal($"{Lines - 49}", tail[0]);
    }

    [Fact]
    public async Task Workers_Many_TakeNoPoolThreadForTheirOutput()
    {
        const int Workers = 30;
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => dispatcher.CreateSessionAsync().AsTask())).DefaultTimeout();

        // Two pipes each: a blocked thread for each pipe would be 60 threads, and the pool would have been growing for a minute.
        Assert.InRange(ThreadPool.ThreadCount, 0, Workers);
        Assert.Equal(Workers, dispatcher.WorkerCount);
    }

    [Fact]
    public async Task Dispose_WorkerHasEndedByItself_DoesNotWait()
    {
        var clock = new ManualTimeProvider();
        var dispatcher = new FakeDispatcher(Scripts.Worker(), timeProvider: clock);
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        var gone = new TaskCompletionSource();
        await using (Assert.Single(dispatcher.Endpoints).ExitToken.Register(gone.SetResult))
        {
            Process.GetProcessById(session.ProcessId).Kill();
            await gone.Task.DefaultTimeout();
        }

        // The clock stands still: whatever waited for a limit would wait for ever.
        await dispatcher.DisposeAsync().DefaultTimeout();

        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_Synchronously_OnASynchronizationContextThatRunsNothing_Returns()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        await dispatcher.CreateSessionAsync().DefaultTimeout();

        await Task.Factory.StartNew(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(new StuckSynchronizationContext());
                dispatcher.Dispose();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).DefaultTimeout();

        Assert.Equal(1, dispatcher.CloseCount);
        dispatcher.AssertNothingLeft();
    }

    private static async Task WaitForContentAsync(string path, string expected)
    {
        while ((await File.ReadAllTextAsync(path)).TrimEnd() != expected)
        {
            await Task.Yield();
        }
    }

    private sealed class StuckSynchronizationContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
