using Udf.Worker.Testing;

namespace Udf.Worker.Core.Tests.Sessions;

public class WorkerSessionListenerTests
{
    [Fact]
    public async Task Listener_ThrowsEverywhere_TheSessionGoesOn()
    {
        var rig = new SessionRig();
        rig.Listener.OnState = (_, _) => throw new InvalidOperationException("state");
        rig.Listener.OnSettled = (_, _) => throw new InvalidOperationException("settled");
        rig.Listener.OnFailure = (_, _) => throw new InvalidOperationException("failure");
        rig.Lease.OnRelease = _ => throw new InvalidOperationException("release");

        await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();
        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(new ScriptedInput(3)))
        {
            Assert.Equal(1, batch.Length);
        }

        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Fact]
    public async Task Listener_ThrowsAtAState_StillHearsTheEnd()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Listener.OnState = (_, _) => throw new InvalidOperationException("state");

        rig.Session.TrySettle(WorkerSessionOutcome.Finished());

        Assert.Single(rig.Listener.Outcomes);
        Assert.Single(rig.Listener.Failures);
    }

    [Fact]
    public async Task Listener_OutcomeWhoseMessageThrows_StillHearsTheEnd()
    {
        SessionRig rig = await SessionRig.InitializedAsync();

        Assert.True(rig.Session.TrySettle(WorkerSessionOutcome.Failed(new SpitefulException())));

        Assert.Single(rig.Listener.Outcomes);
        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Fact]
    public async Task Listener_WholeLife_HearsEachStateOnceInOrder()
    {
        var rig = new SessionRig();
        await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();
        await foreach (WorkerBatch _ in rig.Session.ProcessAsync(new ScriptedInput(1)))
        {
        }

        await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Equal(
            [WorkerSessionState.Initializing, WorkerSessionState.Initialized, WorkerSessionState.Streaming, WorkerSessionState.Finishing, WorkerSessionState.Terminal],
            rig.Listener.States);
        Assert.Empty(rig.Listener.Failures);
    }

    [Theory]
    [InlineData(WorkerSessionState.Initializing)]
    [InlineData(WorkerSessionState.Initialized)]
    [InlineData(WorkerSessionState.Streaming)]
    [InlineData(WorkerSessionState.Cancelling)]
    [InlineData(WorkerSessionState.Terminal)]
    public async Task Listener_ClosesTheSessionFromInside_NobodyHangs(WorkerSessionState at)
    {
        var rig = new SessionRig();
        Task<WorkerSessionOutcome>? closing = null;
        rig.Listener.OnState = (session, state) =>
        {
            if (state == at)
            {
                closing = session.CloseAsync().AsTask();
            }
        };

        await Record.ExceptionAsync(async () =>
        {
            await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();
            await rig.Session.ProcessAsync(new ScriptedInput(1)).GetAsyncEnumerator().DisposeAsync().DefaultTimeout();
        });

        WorkerSessionOutcome outcome = await rig.Session.CloseAsync().DefaultTimeout();
        Assert.Same(outcome, await closing!.DefaultTimeout());
        Lifecycle.AssertKept(rig);
    }

    private sealed class SpitefulException : Exception
    {
        public override string Message => throw new InvalidOperationException("message");
    }
}
