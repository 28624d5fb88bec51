using System.Runtime.CompilerServices;
using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>The life of a session is held at each of its moments while another thread intrudes, with each thing that another thread may do.</summary>
public class WorkerSessionInterleavingTests
{
    public enum Moment
    {
        InitAnnounced,
        Preparing,
        LeaseToldOfPayload,
        InitHookCalled,
        InitHookWaiting,
        InitAnswered,
        ProcessAnnounced,
        ProcessHookCalled,
        OutputWaiting,
        InputWaiting,
        FinishAnnounced,
        EndAnnounced,
    }

    public enum Intrusion
    {
        Cancel,
        Close,
        CancelThenClose,
        Fail,
        LoseTheWorker,
    }

    public static TheoryData<Moment, Intrusion> Everything()
    {
        var data = new TheoryData<Moment, Intrusion>();
        foreach (Moment moment in Enum.GetValues<Moment>())
        {
            foreach (Intrusion intrusion in Enum.GetValues<Intrusion>())
            {
                data.Add(moment, intrusion);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task Session_HeldAtAMomentWhileAnotherThreadIntrudes_KeepsItsPromises(Moment moment, Intrusion intrusion)
    {
        var point = new SyncPoint();
        SessionRig rig = Held(moment, point);
        Task<Exception?> life = Task.Run(() => Record.ExceptionAsync(() => LiveAsync(rig)));
        await point.Reached.DefaultTimeout();

        Task intruder = Task.Run(() => IntrudeAsync(rig, intrusion));
        if (!IsSynchronous(moment))
        {
            // Whoever intrudes on a hook that waits does not need it to go on.
            await intruder.DefaultTimeout();
        }

        point.Continue();
        await intruder.DefaultTimeout();
        Exception? thrown = await life.DefaultTimeout();

        WorkerSessionOutcome outcome = await rig.Session.CloseAsync().DefaultTimeout();
        Assert.Same(outcome, await rig.Session.CloseAsync().DefaultTimeout());
        Lifecycle.AssertKept(rig);
        if (outcome.Kind == WorkerSessionOutcomeKind.Finished)
        {
            Assert.Null(thrown);
        }
        else if (outcome.Kind == WorkerSessionOutcomeKind.Cancelled)
        {
            Assert.True(thrown is null or OperationCanceledException or ObjectDisposedException, $"{thrown}");
        }
        else
        {
            Assert.True(ReferenceEquals(outcome.Exception, thrown) || thrown is ObjectDisposedException, $"{thrown}");
        }
    }

    [Theory]
    [InlineData(CancelHook)]
    [InlineData(CloseHook)]
    [InlineData(RecordingLease.Release)]
    public async Task CloseAsync_HeldInTheEnd_EveryCallerWaitsForIt(string where)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var point = new SyncPoint();
        Func<string?, ValueTask> cancel = rig.Session.OnCancel;
        Func<ValueTask> close = rig.Session.OnClose;
        switch (where)
        {
            case CancelHook:
                rig.Session.OnCancel = async reason =>
                {
                    await point.HoldAsync();
                    await cancel(reason);
                };
                break;
            case CloseHook:
                rig.Session.OnClose = async () =>
                {
                    await point.HoldAsync();
                    await close();
                };
                break;
            default:
                rig.Lease.OnRelease = async _ => await point.HoldAsync();
                break;
        }

        Task<WorkerSessionOutcome>[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => rig.Session.CloseAsync().AsTask()))];
        await point.Reached.DefaultTimeout();
        await rig.Session.CancelAsync().DefaultTimeout();
        Assert.All(callers, caller => Assert.False(caller.IsCompleted));

        point.Continue();

        WorkerSessionOutcome[] outcomes = await Task.WhenAll(callers).DefaultTimeout();
        Assert.All(outcomes, outcome => Assert.Same(rig.Session.Outcome, outcome));
        Lifecycle.AssertKept(rig);
    }

    [Fact]
    public async Task CloseAsync_AnotherThreadIsCancelling_ClosesAfterIt()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var point = new SyncPoint();
        rig.Session.OnCancel = async _ => await point.HoldAsync();
        Task cancelling = rig.Session.CancelAsync().AsTask();
        await point.Reached.DefaultTimeout();

        Task<WorkerSessionOutcome> closing = rig.Session.CloseAsync().AsTask();
        Assert.Equal(0, rig.Trail.Count(CloseHook));
        point.Continue();

        await cancelling.DefaultTimeout();
        await closing.DefaultTimeout();
        Lifecycle.AssertKept(rig);
    }

    /// <summary>A rig whose session is held at the moment; what the session does are those of the echo.</summary>
    private static SessionRig Held(Moment moment, SyncPoint point)
    {
        var rig = new SessionRig(init =>
        {
            HoldIf(Moment.Preparing);
            return init;
        });
        ScriptedWorkerSession session = rig.Session;
        rig.Lease.OnInitAction = _ => HoldIf(Moment.LeaseToldOfPayload);
        rig.Listener.OnState = (_, state) =>
        {
            switch (state)
            {
                case WorkerSessionState.Initializing:
                    HoldIf(Moment.InitAnnounced);
                    break;
                case WorkerSessionState.Initialized:
                    HoldIf(Moment.InitAnswered);
                    break;
                case WorkerSessionState.Streaming:
                    HoldIf(Moment.ProcessAnnounced);
                    break;
                case WorkerSessionState.Finishing:
                    HoldIf(Moment.FinishAnnounced);
                    break;
                case WorkerSessionState.Terminal:
                    HoldIf(Moment.EndAnnounced);
                    break;
                default:
                    break;
            }
        };
        session.OnInit = async (_, _) =>
        {
            HoldIf(Moment.InitHookCalled);
            await HoldAsyncIf(Moment.InitHookWaiting);
            return new WorkerInitResult();
        };
        session.OnProcess = (input, token) =>
        {
            HoldIf(Moment.ProcessHookCalled);
            return HeldOutputAsync(input, token);
        };
        return rig;

        async IAsyncEnumerable<WorkerBatch> HeldOutputAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input, [EnumeratorCancellation] CancellationToken token)
        {
            await HoldAsyncIf(Moment.OutputWaiting);
            await foreach (WorkerBatch batch in session.EchoAsync(HeldInputAsync(input), token))
            {
                yield return batch;
            }
        }

        async IAsyncEnumerable<ReadOnlyMemory<byte>> HeldInputAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input)
        {
            await HoldAsyncIf(Moment.InputWaiting);
            await foreach (ReadOnlyMemory<byte> batch in input)
            {
                yield return batch;
            }
        }

        void HoldIf(Moment here)
        {
            // Only the first to come is held: the end may be announced from the intruder's own thread.
            if (here == moment && !point.Reached.IsCompleted)
            {
                point.Hold();
            }
        }

        Task HoldAsyncIf(Moment here) => here == moment ? point.HoldAsync() : Task.CompletedTask;
    }

    private static bool IsSynchronous(Moment moment) => moment is not (Moment.InitHookWaiting or Moment.OutputWaiting or Moment.InputWaiting);

    private static async Task LiveAsync(SessionRig rig)
    {
        await rig.Session.InitAsync(SessionRig.Init);
        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(new ScriptedInput(2)))
        {
            Assert.Equal(1, batch.Length);
        }
    }

    private static async Task IntrudeAsync(SessionRig rig, Intrusion intrusion)
    {
        switch (intrusion)
        {
            case Intrusion.Cancel:
                await rig.Session.CancelAsync("intruder");
                break;
            case Intrusion.Close:
                await rig.Session.CloseAsync();
                break;
            case Intrusion.CancelThenClose:
                await rig.Session.CancelAsync("intruder");
                await rig.Session.CloseAsync();
                break;
            case Intrusion.Fail:
                rig.Session.TrySettle(WorkerSessionOutcome.Failed(new WorkerUserException("failed", WorkerExecutionPhase.Data, "failed")));
                break;
            case Intrusion.LoseTheWorker:
                rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(new WorkerConnectionException("lost")));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(intrusion), intrusion, "Unknown intrusion.");
        }
    }
}
