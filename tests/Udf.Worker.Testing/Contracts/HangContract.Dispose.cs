using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

// The end has a bound: the sum of the limits that its documentation names, whatever the session is doing and whoever asks for it.
public abstract partial class HangContract
{
    private const int Callers = 4;

    private static readonly WorkerSessionOptions Limited = new() { CancelTimeout = Short, InitTimeout = TimeSpan.FromMinutes(1), TerminatorTimeout = TimeSpan.FromMinutes(1) };

    private static readonly DirectWorkerOptions Bounds = new() { GracefulTerminationTimeout = Short, KillTimeout = TimeSpan.FromSeconds(3), ExitNoticeTimeout = Short };

    public static TheoryData<string> States => ["created", "in init", "streaming", "cancelling", "spinning", "dead", "stopped"];

    /// <summary>What ending one worker may take.</summary>
    private static TimeSpan EndOfAWorker => Bounds.GracefulTerminationTimeout + Bounds.KillTimeout + Bounds.OutputDrainTimeout;

    /// <summary>What closing one session may take.</summary>
    private static TimeSpan EndOfASession => Limited.CancelTimeout + Bounds.ExitNoticeTimeout + Bounds.OutputDrainTimeout + EndOfAWorker;

    [ContractTheory]
    [MemberData(nameof(States))]
    public async Task DisposeSession_InAnyState_FromSeveralThreads_ReturnsWithinItsBounds(string state)
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(options: Bounds);
        (WorkerSession session, Task running) = await EnterAsync(dispatcher, state);

        await AssertEndsWithinAsync(EndOfASession, () => session.DisposeAsync().AsTask());

        await AssertOverAsync(running);
        AssertNothingLeft();
    }

    [ContractTheory]
    [MemberData(nameof(States))]
    public async Task DisposeDispatcher_InAnyState_FromSeveralThreads_ReturnsWithinItsBounds(string state)
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(options: Bounds);
        (WorkerSession session, Task running) = await EnterAsync(dispatcher, state);

        // Half of the callers cannot await.
        int callers = 0;
        await AssertEndsWithinAsync(EndOfAWorker, () =>
        {
            if (Interlocked.Increment(ref callers) % 2 == 0)
            {
                return dispatcher.DisposeAsync().AsTask();
            }

            dispatcher.Dispose();
            return Task.CompletedTask;
        });

        AssertNothingLeft();
        await AssertEndsWithinAsync(EndOfASession, () => session.DisposeAsync().AsTask());
        await AssertOverAsync(running);
    }

    [ContractFact]
    public async Task DisposeDispatcher_WhileASessionIsBeingCreated_ReturnsWithinItsBounds()
    {
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("accepts-never-answers")), Bounds);
        Task<WorkerSession> creating = dispatcher.CreateSessionAsync().AsTask();
        await Trace.WaitForStartAsync();

        await AssertEndsWithinAsync(EndOfAWorker, () => dispatcher.DisposeAsync().AsTask());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => creating.DefaultTimeout());
        AssertNothingLeft();
    }

    private static async Task AssertEndsWithinAsync(TimeSpan bound, Func<Task> end)
    {
        long begun = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(end))).DefaultTimeout();
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(begun);
        Assert.True(elapsed < Machine.Stretch(bound), $"It took {elapsed}, and its limits add up to {bound}.");
    }

    /// <summary>What was waited for has come to an end of its own, one way or another.</summary>
    private static async Task AssertOverAsync(Task running)
    {
        Exception? error = await Record.ExceptionAsync(() => running.DefaultTimeout());
        Assert.True(error is null or WorkerException or OperationCanceledException or ObjectDisposedException, $"{error}");
    }

    private async Task<(WorkerSession Session, Task Running)> EnterAsync(DirectWorkerDispatcher dispatcher, string state)
    {
        WorkerSession session = await dispatcher.CreateSessionAsync(Limited).DefaultTimeout();
        int worker = Assert.Single(Trace.ProcessIds);
        switch (state)
        {
            case "created":
                return (session, Task.CompletedTask);
            case "in init":
                ProcessTable.Stop(worker);
                return (session, session.InitAsync(Function("udf.echo", Bytes(5 * MiB))).AsTask());
        }

        await session.InitAsync(Function(state is "spinning" or "cancelling" ? "udf.spin" : "udf.echo")).DefaultTimeout();
        IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Held(Bytes(10))).GetAsyncEnumerator();
        Task<bool> first = results.MoveNextAsync().AsTask();
        switch (state)
        {
            case "spinning":
                return (session, first);
            case "cancelling":
                await session.CancelAsync().DefaultTimeout();
                return (session, first);
        }

        Assert.True(await first.DefaultTimeout());
        switch (state)
        {
            case "dead":
                ProcessTable.Signal(worker, ProcessTable.SigKill);
                await ProcessTable.WaitForExitAsync(worker).DefaultTimeout();
                break;
            case "stopped":
                ProcessTable.Stop(worker);
                break;
            case "streaming":
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(state), state, "Unknown state.");
        }

        return (session, results.MoveNextAsync().AsTask());
    }
}
