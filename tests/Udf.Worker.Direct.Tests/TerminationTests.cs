using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>The ladder by which a worker is ended.</summary>
public sealed class TerminationTests
{
    private const string TellsHowItEnds = "trap 'echo ended by SIGTERM; exit 3' TERM; touch \"$4\"; while [ ! -e \"$4.end\" ]; do sleep 0.01; done; echo ended by itself; rm \"$4.end\"";

    [Fact]
    public async Task CloseSession_WorkerAgreesToEnd_GetsNoSignal()
    {
        var logs = new ListLoggerFactory();
        FakeDispatcher dispatcher = Dispatcher(TellsHowItEnds, logs, (connection, endpoint) => connection.OnShutdown = (cancelSessions, _) =>
        {
            Assert.True(cancelSessions);
            File.Create(endpoint.Address + ".end").Dispose();
            return new(true);
        });
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await session.CloseAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Contains(logs.Entries, entry => entry.Message.Contains("exited with code 0 after this host ended it (its session has ended)", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Entries, entry => entry.Message.Contains("ended by SIGTERM", StringComparison.Ordinal));
        dispatcher.AssertNothingLeft();
    }

    [Theory]
    [InlineData("agrees and stays")]
    [InlineData("does not answer")]
    [InlineData("fails")]
    [InlineData("does not listen to the token")]
    public async Task CloseSession_WorkerDoesNotEndByItself_GetsSigtermWithinTheGracePeriod(string behaviour)
    {
        var logs = new ListLoggerFactory();
        FakeDispatcher dispatcher = Dispatcher(TellsHowItEnds, logs, (connection, _) => connection.OnShutdown = async (_, token) => behaviour switch
        {
            "agrees and stays" => true,
            "does not answer" => await Task.Delay(Timeout.Infinite, token).ContinueWith<bool>(_ => throw new OperationCanceledException(token), TaskScheduler.Default),
            "fails" => throw new WorkerConnectionException("lost"),
            _ => await new TaskCompletionSource<bool>().Task,
        });
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await session.CloseAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Contains(logs.Entries, entry => entry.Message.Contains("exited with code 3 after this host ended it", StringComparison.Ordinal));
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_WorkerWasStopped_HearsSigtermAllTheSame()
    {
        var logs = new ListLoggerFactory();
        FakeDispatcher dispatcher = Dispatcher(TellsHowItEnds, logs, (_, _) => { });
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        ProcessTable.Stop(session.ProcessId);

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Contains(logs.Entries, entry => entry.Message.Contains("exited with code 3 after this host ended it", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Entries, entry => entry.Id.Name == "ProcessIgnoredTermination");
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Dispose_ASessionRuns_WorkerIsNotAsked()
    {
        FakeDispatcher dispatcher = Dispatcher(Scripts.WellBehaved, new ListLoggerFactory(), (connection, _) => connection.OnShutdown = (_, _) => throw new InvalidOperationException("It was asked."));
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Task<Exception> run = session.RunUntilLostAsync();

        await dispatcher.DisposeAsync().DefaultTimeout();

        Assert.Equal("the dispatcher was closed", Assert.IsType<WorkerExitedException>(await run.DefaultTimeout()).Exit.Reason);
        dispatcher.AssertNothingLeft();
    }

    private static FakeDispatcher Dispatcher(string script, ListLoggerFactory logs, Action<FakeConnection, WorkerEndpoint> configure)
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker(script).WithGracefulTerminationTimeout(TimeSpan.FromSeconds(2)), loggerFactory: logs);
        dispatcher.OnWaitUntilReady = async (endpoint, token) =>
        {
            WorkerConnection connection = await dispatcher.WaitForFileAsync(endpoint, token);
            configure((FakeConnection)connection, endpoint);
            return connection;
        };
        return dispatcher;
    }
}
