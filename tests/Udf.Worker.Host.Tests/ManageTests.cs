using Udf.Worker.Host.Internal;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;
using ErrorKind = Udf.Worker.Protocol.Messages.ExecutionError.KindOneofCase;
using RequestKind = Udf.Worker.Protocol.Messages.WorkerResponse.ManageOneofCase;

namespace Udf.Worker.Host.Tests;

/// <summary>The manage connection, and the ends of a worker.</summary>
public sealed class ManageTests
{
    public static TheoryData<Carrier> Carriers => [Carrier.Memory, Carrier.Unix];

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task Requests_AreAnsweredInOrder(Carrier carrier)
    {
        await using WorkerUnderTest worker = new(carrier);
        WireConnection manage = await worker.ManageAsync();
        await manage.SendAsync(Requests.Heartbeat(), Requests.CancelExecution("nobody"), Requests.Heartbeat());
        RequestKind[] kinds = [RequestKind.Heartbeat, RequestKind.CancelExecution, RequestKind.Heartbeat];
        foreach (RequestKind kind in kinds)
        {
            var answer = WorkerResponse.Parser.ParseFrom(await manage.ReceiveMessageAsync());
            Assert.Equal(kind, answer.ManageCase);
        }
    }

    [Fact]
    public async Task Manage_ASecond_IsRefused()
    {
        await using WorkerUnderTest worker = new();
        WireConnection manage = await worker.ManageAsync();
        WireConnection second = worker.Dial();
        WorkerPreface answer = await second.GreetAsync(ConnectionRole.Manage, worker.Token);
        Assert.Equal(PrefaceStatus.AtCapacity, answer.Status);
        await second.ExpectEndAsync();
        Assert.Equal(RequestKind.Heartbeat, (await manage.AskAsync(Requests.Heartbeat())).ManageCase);
    }

    [Theory]
    [InlineData("")]
    [InlineData("FF")]
    [InlineData("BA3E00")]
    [InlineData("120561")]
    public async Task Request_ThatCannotBeAnswered_EndsTheWorker(string hex)
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        WireConnection manage = await worker.ManageAsync();
        await manage.SendFrameAsync(Convert.FromHexString(hex));
        await manage.ExpectEndAsync();
        manage.Dispose();
        Assert.Equal(WorkerExitCodes.ProtocolViolation, (await worker.EndedAsync()).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task CancelExecution_TripsTheTokenAtOnce_AndTheTerminatorWaitsForCancel(Carrier carrier)
    {
        await using WorkerUnderTest worker = new(carrier);
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("udf.sleep", "3600000", id: "sleeper");
        await connection.SendAsync(Requests.Data("batch"));
        WorkerResponse answer = await manage.AskAsync(Requests.CancelExecution("sleeper", "enough"));
        Assert.True(answer.CancelExecution.Found);
        await connection.SendAsync(Requests.Data("dropped"), Requests.Finish());
        await connection.CancelAsync();
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task CancelExecution_OfWhatHasEnded_FindsNothing()
    {
        await using WorkerUnderTest worker = new();
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("udf.echo", id: "first");
        await connection.FinishAsync();
        await connection.StartAsync("udf.echo", id: "second");
        Assert.False((await manage.AskAsync(Requests.CancelExecution("first"))).CancelExecution.Found);
        Assert.True((await manage.AskAsync(Requests.CancelExecution("second"))).CancelExecution.Found);
        await connection.CancelAsync();
    }

    [Fact]
    public async Task CancelExecution_ReachesTheCancelCallback_WithItsReason()
    {
        RecordingFunction function = new();
        await using WorkerUnderTest worker = new(functions: map => map.Map("recording", () => function));
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("recording", id: "it");
        await manage.AskAsync(Requests.CancelExecution("it", "the user went home"));
        Assert.True(function.Context!.CancellationToken.IsCancellationRequested);
        await connection.CancelAsync("later");
        Assert.Equal(["init", "start", "cancel the user went home", "dispose"], function.Calls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shutdown_OfAnIdleWorker_IsSettledAndEnds(bool? cancelSessions)
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        await connection.ExpectUsableAsync();

        // A reason makes the request look like a batch.
        Assert.True((await manage.AskAsync(Requests.Shutdown(cancelSessions, "bye"))).Shutdown.SessionsSettled);
        Assert.Equal(WorkerExitCodes.Ended, (await worker.EndedAsync()).ExitCode);
        await manage.ExpectEndAsync();
    }

    [Fact]
    public async Task Shutdown_WithoutCancel_LetsWhatRunsEnd()
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        WireConnection idle = await worker.ConnectAsync();
        await connection.StartAsync("udf.echo");
        Assert.False((await manage.AskAsync(Requests.Shutdown())).Shutdown.SessionsSettled);

        // Nothing new begins: neither on a connection that is there nor on a new one.
        WorkerPreface refused = await worker.Dial().GreetAsync(ConnectionRole.Execute, worker.Token);
        Assert.Equal(PrefaceStatus.AtCapacity, refused.Status);
        InitResponse late = await idle.InitAsync("udf.echo");
        Assert.Equal(ErrorKind.Worker, late.Error.KindCase);
        await idle.CancelAsync();

        Assert.Equal(RequestKind.Heartbeat, (await manage.AskAsync(Requests.Heartbeat())).ManageCase);
        await connection.SendAsync(Requests.Data("batch"));
        await connection.ExpectDataAsync("batch");
        await connection.FinishAsync();
        WorkerEnd end = await worker.EndedAsync();
        Assert.Equal((WorkerExitCodes.Ended, true), (end.ExitCode, end.FunctionsReturned));
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task Shutdown_WithCancel_TellsEveryExecution(Carrier carrier)
    {
        await using WorkerUnderTest worker = new(carrier);
        WireConnection manage = await worker.ManageAsync();
        WireConnection waiting = await worker.ConnectAsync();
        await waiting.StartAsync("udf.echo");
        WireConnection asleep = await worker.ConnectAsync();
        await asleep.StartAsync("udf.sleep", "3600000");
        await asleep.SendAsync(Requests.Data("batch"));
        WireConnection failed = await worker.ConnectAsync();
        Assert.NotNull((await failed.InitAsync("udf.fail", "init")).Error);

        await manage.SendAsync(Requests.Shutdown(cancelSessions: true, reason: "maintenance"));
        foreach (WireConnection connection in new[] { waiting, asleep })
        {
            ExecutionError error = await connection.ExpectErrorAsync();
            Assert.Contains("maintenance", error.Worker.Message, StringComparison.Ordinal);
            await connection.ExpectCancelAsync();
            await connection.ExpectEndAsync();
        }

        await failed.ExpectCancelAsync();
        var answer = WorkerResponse.Parser.ParseFrom(await manage.ReceiveMessageAsync());
        Assert.True(answer.Shutdown.SessionsSettled);
        Assert.True((await worker.EndedAsync()).FunctionsReturned);
    }

    [Fact]
    public async Task Manage_Lost_CancelsWhatRunsAndEndsTheWorker()
    {
        RecordingFunction function = new();
        await using WorkerUnderTest worker = new(Carrier.Unix, map => map.Map("recording", () => function));
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("recording");
        manage.Dispose();
        WorkerEnd end = await worker.EndedAsync();
        Assert.True(end.FunctionsReturned);
        Assert.Equal(["init", "start", "cancel", "dispose"], function.Calls.Select(call => call.Split(' ')[0]));
        await connection.ExpectEndAsync();
    }

    [Fact]
    public async Task Manage_Lost_WithAFunctionThatNeverReturns_EndsAllTheSame()
    {
        ManualTimeProvider clock = new();
        using ManualResetEventSlim isIn = new();
        using ManualResetEventSlim release = new();
        await using WorkerUnderTest worker = new(
            Carrier.Unix,
            map => map.Map("stuck", batch =>
            {
                isIn.Set();
                release.Wait();
                return batch;
            }),
            options => options.TimeProvider = clock);
        WireConnection manage = await worker.ManageAsync();
        WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("stuck");
        await connection.SendAsync(Requests.Data("batch"));
        Assert.True(isIn.Wait(WireConnection.SafetyLimit));
        manage.Dispose();
        await clock.WaitForTimerAsync(WorkerLifetime.ReturnLimit).WaitAsync(WireConnection.SafetyLimit);
        clock.Advance(WorkerLifetime.ReturnLimit);
        Assert.False((await worker.EndedAsync()).FunctionsReturned);
        release.Set();
    }

    [Fact]
    public async Task StandardInput_AtItsEnd_EndsTheWorker()
    {
        await using WorkerUnderTest worker = new();
        (DuplexStream one, DuplexStream other) = DuplexStream.CreatePair(256 * 1024);
        StandardInputGuard.Start(other, worker.Host.Worker.Lifetime);
        await one.WriteAsync("what is said is not the end"u8.ToArray());
        WireConnection connection = await worker.ConnectAsync();
        await connection.ExpectUsableAsync();
        one.Dispose();
        Assert.Equal(WorkerExitCodes.Ended, (await worker.EndedAsync()).ExitCode);
    }

    [Fact]
    public async Task EndOfStream_InsideAnExecution_IsACancel()
    {
        RecordingFunction function = new();
        await using WorkerUnderTest worker = new(Carrier.Unix, map => map.Map("recording", () => function));
        WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("recording");
        connection.ShutdownSend();
        await connection.ExpectEndAsync();
        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
        Assert.Equal(["init", "start", "cancel ", "dispose"], function.Calls);
    }
}
