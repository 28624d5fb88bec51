using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>What hangs is found, and ends in an error that names the limit. The limits are short, and real: so are the workers.</summary>
public abstract partial class HangContract : WorkerContract
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    // Long enough for a worker to answer in, on a machine that is busy.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly DirectWorkerOptions Often = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(250), HeartbeatMisses = 3 };

    [ContractTheory]
    [InlineData(true)]
    [InlineData(false)]
    [Failure("the worker did not answer its heartbeats")]
    public async Task Heartbeats_AWorkerStandsStill_ItsSessionEndsWithThem(bool isStreaming)
    {
        await using WorkerSession session = await CreateDispatcher(Specification().WithIndependentManage(), Often).CreateSessionAsync().DefaultTimeout();
        int worker = Assert.Single(Trace.ProcessIds);
        Task next;
        if (isStreaming)
        {
            await session.InitAsync(Function("udf.echo")).DefaultTimeout();
            IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(10))).GetAsyncEnumerator();
            Assert.True(await results.MoveNextAsync().DefaultTimeout());
            ProcessTable.Stop(worker);
            next = results.MoveNextAsync().AsTask();
        }
        else
        {
            // Nothing runs on it yet, and nothing is sent to it until it has been found.
            ProcessTable.Stop(worker);
            await Trace.Logs.WaitForAsync(entry => entry.Id.Name == "WorkerStuck").DefaultTimeout();
            next = session.InitAsync(Function("udf.echo")).AsTask();
        }

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => next.DefaultTimeout());

        Assert.Contains("did not answer 3 heartbeats in a row, one every 250 ms (DirectWorkerOptions.HeartbeatMisses, DirectWorkerOptions.HeartbeatInterval)", error.Message, StringComparison.Ordinal);
        Assert.Contains("this host", error.Message, StringComparison.Ordinal);
        Assert.Equal("DirectWorkerOptions.HeartbeatMisses, DirectWorkerOptions.HeartbeatInterval", error.Setting);
        Assert.Equal(worker, error.ProcessId);
        Assert.True(error.Exit is null or { EndedByHost: true });
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await session.CloseAsync().DefaultTimeout()).Kind);
        AssertNothingLeft();
    }

    [PythonFact]
    public async Task Heartbeats_AWorkerWithASingleThreadComputes_IsNotMistaken()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(Connected(WorkerProgram.SingleThreaded()), Often), "test.compute");

        AssertSame([Bytes(10)], await session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());

        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await session.CloseAsync().DefaultTimeout()).Kind);
        Assert.DoesNotContain(Trace.Logs.Entries, entry => entry.Id.Name == "WorkerStuck");
    }

    [PythonFact]
    public async Task Heartbeats_AWorkerWithASingleThreadIsSaidToBeIndependent_IsMistakenAndTheErrorSaysWhy()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(Connected(WorkerProgram.SingleThreaded().WithIndependentManage()), Often), "test.compute");

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => session.ProcessAsync(Stream(Bytes(10))).ReadAllAsync().DefaultTimeout());

        Assert.Contains("its specification must not say that manage is independent", error.Message, StringComparison.Ordinal);
    }

    [ContractFact]
    [Failure("a batch was not answered")]
    public async Task BatchTimeout_AFunctionSleepsLonger_FailsAndTheWorkerStays()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.sleep", Text("60000"), new WorkerSessionOptions { BatchTimeout = Short });

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync().DefaultTimeout());

        Assert.Contains("did not answer a batch within 0.3 s (WorkerSessionOptions.BatchTimeout)", error.Message, StringComparison.Ordinal);
        Assert.Equal((Short, "WorkerSessionOptions.BatchTimeout"), (error.Timeout, error.Setting));
        await AssertFailedAndSalvageableAsync(session, error);
    }

    [ContractFact]
    public async Task BatchTimeout_AFunctionSpins_FailsAndTheWorkerIsEnded()
    {
        var options = new WorkerSessionOptions { BatchTimeout = Short, CancelTimeout = Short };
        await using WorkerSession session = await StartAsync(CreateDispatcher(Specification().WithGracefulTerminationTimeout(Short)), "udf.spin", options: options);

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync().DefaultTimeout());

        Assert.Equal("WorkerSessionOptions.BatchTimeout", error.Setting);
        await AssertEndedForItsCancellationAsync(session);
        Assert.Same(error, session.Outcome!.Exception!.InnerException);
    }

    [ContractFact]
    [Failure("no batch passed in either direction")]
    public async Task IdleStreamTimeout_TheInputIsSilent_FailsAndTheWorkerStays()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.echo", options: new WorkerSessionOptions { IdleStreamTimeout = Pause });

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync().DefaultTimeout());

        Assert.Contains("for 1 s (WorkerSessionOptions.IdleStreamTimeout): the caller's input has yielded no batch", error.Message, StringComparison.Ordinal);
        await AssertFailedAndSalvageableAsync(session, error);
    }

    [ContractFact]
    public async Task IdleStreamTimeout_TheConsumerDoesNotAskAndAllBuffersAreFull_FailsAndTheWorkerStays()
    {
        await using WorkerSession session = await StartAsync(CreateDispatcher(), "udf.echo", options: new WorkerSessionOptions { IdleStreamTimeout = Pause });
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Endless(Bytes(MiB))).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().DefaultTimeout());

        await Trace.Logs.WaitForAsync(entry => entry.Id.Name == "SessionSettled").DefaultTimeout();

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => results.MoveNextAsync().AsTask().DefaultTimeout());
        Assert.Contains("the consumer has not asked for a result", error.Message, StringComparison.Ordinal);
        await AssertFailedAndSalvageableAsync(session, error);
    }

    [ContractFact]
    public async Task Cancel_TheSocketIsFullInBothDirections_TheFunctionHearsOfItAndTheWorkerStays()
    {
        await using WorkerSession session = await StartAsync("udf.echo");
        await using IAsyncEnumerator<WorkerBatch> results = await FillAsync(session, awaitsFirst: true);

        await session.CancelAsync("too much").DefaultTimeout();

        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();
        Assert.True(outcome.Kind == WorkerSessionOutcomeKind.Cancelled, outcome.ToString());
        Assert.Contains("(its session has ended)", await WorkerEndedAsync(), StringComparison.Ordinal);
    }

    [ContractFact]
    public async Task Cancel_TheSocketIsFullAndTheFunctionSpins_OnlyItsWorkerIsEnded()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Specification().WithGracefulTerminationTimeout(Short));
        await using WorkerSession other = await StartAsync(dispatcher, "udf.echo");
        await using WorkerSession session = await StartAsync(dispatcher, "udf.spin", options: new WorkerSessionOptions { CancelTimeout = Short });
        await using IAsyncEnumerator<WorkerBatch> results = await FillAsync(session, awaitsFirst: false);

        await session.CancelAsync("too much").DefaultTimeout();

        await AssertEndedForItsCancellationAsync(session);
        AssertSame([Bytes(20)], await other.ProcessAsync(Stream(Bytes(20))).ReadAllAsync().DefaultTimeout());
        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await other.CloseAsync().DefaultTimeout()).Kind);
    }

    /// <summary>Sends until nothing more is taken: for echo until its answers are not read any more, for a function that takes nothing until its input is full.</summary>
    private static async Task<IAsyncEnumerator<WorkerBatch>> FillAsync(WorkerSession session, bool awaitsFirst)
    {
        ReadOnlyMemory<byte> batch = Bytes(MiB);
        long taken = 0;
        var input = new ScriptedInput
        {
            OnNext = (index, _) =>
            {
                Interlocked.Exchange(ref taken, index);
                return new(true);
            },
            OnCurrent = _ => batch,
        };
        IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(input).GetAsyncEnumerator();
        Task<bool> first = results.MoveNextAsync().AsTask();
        if (awaitsFirst)
        {
            Assert.True(await first.DefaultTimeout());
        }

        await Standstill.OfAsync(() => Interlocked.Read(ref taken));
        return awaitsFirst ? results : new Unread(results, first);
    }

    private async Task AssertFailedAndSalvageableAsync(WorkerSession session, Exception error)
    {
        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();
        Assert.True(outcome.Kind == WorkerSessionOutcomeKind.Failed, outcome.ToString());
        Assert.Same(error, outcome.Exception);

        // Not ended for it: its lease was given back as good.
        Assert.Contains("(its session has ended)", await WorkerEndedAsync(), StringComparison.Ordinal);
    }

    private async Task AssertEndedForItsCancellationAsync(WorkerSession session)
    {
        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        var error = Assert.IsType<WorkerTimeoutException>(outcome.Exception);
        Assert.Contains("did not confirm the cancellation of an execution within 0.3 s (WorkerSessionOptions.CancelTimeout)", error.Message, StringComparison.Ordinal);
        Assert.Contains("this host ends it when the session is closed", error.Message, StringComparison.Ordinal);
        string ended = await WorkerEndedAsync();
        Assert.Contains("this host", ended, StringComparison.Ordinal);
        Assert.Contains("(its session failed: WorkerSessionOptions.CancelTimeout of 300 ms has passed)", ended, StringComparison.Ordinal);
    }

    /// <summary>What is logged of the first worker that ended.</summary>
    private async Task<string> WorkerEndedAsync() => (await Trace.Logs.WaitForAsync(entry => entry.Id.Name == "WorkerEnded").DefaultTimeout()).Message;

    /// <summary>Results of which the first is still awaited: that wait has to end before the enumeration does.</summary>
    private sealed class Unread(IAsyncEnumerator<WorkerBatch> results, Task first) : IAsyncEnumerator<WorkerBatch>
    {
        public WorkerBatch Current => results.Current;

        public ValueTask<bool> MoveNextAsync() => results.MoveNextAsync();

        public async ValueTask DisposeAsync()
        {
            await Assert.ThrowsAnyAsync<Exception>(() => first.DefaultTimeout());
            await results.DisposeAsync();
        }
    }
}
