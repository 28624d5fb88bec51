using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// Workers with one fault each: whatever a worker does, its host has a clear error at once or within the limit that the error names, and nothing is left: no process, no zombie, no address, no descriptor,
/// no thread, no file. The table is <see cref="HostileWorkers"/>. Run without other tests beside it.
/// </summary>
public abstract class HostileWorkerContract : WorkerContract
{
    // Whatever wrongly waits for a limit of its own waits longer.
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(2);

    // So that this is true of the shortest of these limits too, for all workers whose row does not say that it is waited for.
    private static readonly TimeSpan LongNotice = TimeSpan.FromSeconds(25);

    // Termination has a grace period of half a second here; what left the group is found within about a second.
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(3);

    // All faults are written in Python; where there is none, one test says that it was skipped.
    public static TheoryData<string> Names => [.. HostileWorkers.All.Keys];

    [ContractTheory]
    [MemberData(nameof(Names))]
    public async Task Host_MeetsAHostileWorker_HasAClearErrorAndKeepsNothing(string name)
    {
        HostileWorker worker = HostileWorkers.All[name];
        await WarmUpAsync();
        using var directory = TestDirectory.Enter();
        var before = HostFootprint.Take();
        DirectWorkerDispatcher dispatcher = CreateDispatcher(Connected(worker.Worker), Options(worker), worker.Connection);

        await MeetAsync(dispatcher, worker);

        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(await before.FindDifferenceAsync());
    }

    /// <summary>The states of a worker before it is ready; <see cref="KillMatrixContract"/> has those after.</summary>
    [ContractTheory]
    [InlineData("never-binds")]
    [InlineData("binds-never-listens")]
    [InlineData("listens-never-accepts")]
    [InlineData("accepts-never-answers")]
    public async Task Worker_IsKilledBeforeItIsReady_TheErrorSaysSoAndNothingIsLeft(string state)
    {
        await WarmUpAsync();
        using var directory = TestDirectory.Enter();
        var before = HostFootprint.Take();
        Task<WorkerSession> creation = CreateDispatcher(Connected(WorkerProgram.Hostile(state))).CreateSessionAsync().AsTask();
        await Trace.Logs.WaitForAsync(entry => entry.Id.Name == "StandardOutput" && entry.Message.EndsWith("held", StringComparison.Ordinal)).DefaultTimeout();

        ProcessTable.Signal(Trace.ProcessIds[^1], ProcessTable.SigKill);

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => creation.DefaultTimeout());
        Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
        AssertNamesTheWorker(error);
        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(await before.FindDifferenceAsync());
    }

    private static DirectWorkerOptions Options(HostileWorker worker)
    {
        DirectWorkerOptions options = worker.Options?.Invoke() ?? new DirectWorkerOptions();
        if (options.ExitNoticeTimeout == new DirectWorkerOptions().ExitNoticeTimeout)
        {
            options.ExitNoticeTimeout = LongNotice;
        }

        return options;
    }

    private async Task MeetAsync(DirectWorkerDispatcher dispatcher, HostileWorker worker)
    {
        var meeting = new Meeting(worker);
        Exception? error = await Record.ExceptionAsync(() => meeting.RunAsync(dispatcher).DefaultTimeout());
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(meeting.StepBegun);

        if (worker.Error is null)
        {
            Assert.Null(error);
            Assert.Equal(worker.Answers, meeting.Answers);
            Assert.Equal(WorkerSessionOutcomeKind.Finished, (await meeting.CloseAsync()).Kind);
            return;
        }

        Assert.IsAssignableFrom(worker.Error, error);
        Assert.All(worker.Says, part => Assert.True(error!.Message.Contains(part, StringComparison.Ordinal), $"'{part}' is not in: {error.Message}"));
        Assert.True(meeting.Step == worker.Step || (worker.MayBeSeenEarlier && meeting.Step < worker.Step), $"The error came in the step {meeting.Step}.");
        Assert.True(elapsed < Bound(worker, meeting.Step), $"The error came after {elapsed}.");
        AssertNamesTheWorker((WorkerException)error!);
        worker.Also(error!);
        if (meeting.Step > HostileStep.Create)
        {
            Assert.Equal(worker.StaysHealthy ? WorkerSessionOutcomeKind.Failed : WorkerSessionOutcomeKind.TransportFailed, (await meeting.CloseAsync()).Kind);
        }

        if (!worker.StaysHealthy)
        {
            await AssertGoneAsync();
        }
    }

    // Before it can fail it has to start, for which there is a limit of its own, unless that is the one that its row names.
    private static TimeSpan Bound(HostileWorker worker, HostileStep step) =>
        Machine.Stretch(Prompt) + worker.Limit + (step == HostileStep.Create && (worker.Limit == default || worker.Step != step) ? new DirectWorkerOptions().InitializationTimeout : default);

    /// <summary>The worker and all that it started are gone before anybody closes the dispatcher.</summary>
    private async Task AssertGoneAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (Trace.FindLeftovers().Any() && TimeProvider.System.GetElapsedTime(begun) < Machine.Stretch(Gone))
        {
            await Task.Yield();
        }

        AssertNothingLeft();
    }

    /// <summary>One session with the worker, as far as it goes.</summary>
    private sealed class Meeting(HostileWorker worker)
    {
        private WorkerSession? _session;

        /// <summary>The step that was under way last.</summary>
        public HostileStep Step { get; private set; }

        public long StepBegun { get; private set; } = TimeProvider.System.GetTimestamp();

        public int Answers { get; private set; }

        public async Task RunAsync(WorkerDispatcher dispatcher)
        {
            _session = await dispatcher.CreateSessionAsync(worker.Session);
            Begin(HostileStep.Init);
            await _session.InitAsync(Function("udf.echo"));
            Begin(worker.Step);
            switch (worker.Step)
            {
                case HostileStep.Create or HostileStep.Init:
                    break;
                case HostileStep.Batch:
                    await ReadAsync(Held(Bytes(10)));
                    break;
                case HostileStep.Finish:
                    await ReadAsync(Stream(Bytes(10)));
                    break;
                case HostileStep.Cancel:
                    await CancelAsync();
                    break;
                default:
                    throw new InvalidOperationException($"Unknown step {worker.Step}.");
            }
        }

        public async Task<WorkerSessionOutcome> CloseAsync() => await _session!.CloseAsync().DefaultTimeout();

        private async Task ReadAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input)
        {
            await foreach (WorkerBatch batch in _session!.ProcessAsync(input))
            {
                Answers++;
            }
        }

        private async Task CancelAsync()
        {
            await using IAsyncEnumerator<WorkerBatch> results = _session!.ProcessAsync(Held(Bytes(10))).GetAsyncEnumerator();
            Assert.True(await results.MoveNextAsync());
            Begin(HostileStep.Cancel);
            await _session.CancelAsync();
            await results.MoveNextAsync();
        }

        private void Begin(HostileStep step)
        {
            Step = step;
            StepBegun = TimeProvider.System.GetTimestamp();
        }
    }
}
