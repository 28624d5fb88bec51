using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>Each scenario of upstream's WorkerSessionSuite.</summary>
public class WorkerSessionSuiteTests
{
    private static readonly WorkerUserException UserError = new("the function failed", WorkerExecutionPhase.Init, "failed");

    [Fact]
    public async Task InitAsync_WorkerAccepts_ReturnsItsAnswer()
    {
        var rig = new SessionRig();
        var answer = new WorkerInitResult(new byte[] { 1, 2 });
        rig.Session.OnInit = (_, _) => new(answer);
        Assert.Equal(WorkerSessionState.Created, rig.Session.State);

        WorkerInitResult result = await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();

        Assert.Same(answer, result);
        Assert.Equal(WorkerSessionState.Initialized, rig.Session.State);
        Assert.Equal([WorkerSessionState.Initializing, WorkerSessionState.Initialized], rig.Listener.States);
        Assert.Same(SessionRig.Init.Payload, rig.Lease.Payload);
    }

    [Fact]
    public async Task InitAsync_Twice_Throws()
    {
        SessionRig rig = await SessionRig.InitializedAsync();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout());

        Assert.Contains("exactly once", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, rig.Trail.Count(InitHook));
        Assert.Equal(WorkerSessionState.Initialized, rig.Session.State);
    }

    [Fact]
    [Failure("a call out of order")]
    public void ProcessAsync_BeforeInit_Throws()
    {
        var rig = new SessionRig();

        var exception = Assert.Throws<InvalidOperationException>(() => rig.Session.ProcessAsync(new ScriptedInput()));

        Assert.Contains("before init", exception.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionState.Created, rig.Session.State);
    }

    [Fact]
    public async Task ProcessAsync_Twice_Throws()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.ProcessAsync(new ScriptedInput());
        Assert.Equal(WorkerSessionState.Streaming, rig.Session.State);

        var exception = Assert.Throws<InvalidOperationException>(() => rig.Session.ProcessAsync(new ScriptedInput()));

        Assert.Contains("already been called", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProcessAsync_InitSettledFailed_ThrowsTerminated()
    {
        var rig = new SessionRig();
        rig.Session.OnInit = (_, _) =>
        {
            rig.Session.TrySettle(WorkerSessionOutcome.Failed(UserError));
            throw UserError;
        };

        Assert.Same(UserError, await Assert.ThrowsAsync<WorkerUserException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout()));

        var exception = Assert.Throws<InvalidOperationException>(() => rig.Session.ProcessAsync(new ScriptedInput()));
        Assert.Contains("terminated", exception.Message, StringComparison.Ordinal);
        Assert.Same(UserError, exception.InnerException);
    }

    [Fact]
    public async Task CloseAsync_Settled_ReturnsTheOutcome()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        WorkerSessionOutcome settled = WorkerSessionOutcome.Finished();
        rig.Session.TrySettle(settled);

        Assert.Same(settled, await rig.Session.CloseAsync().DefaultTimeout());

        Assert.Same(settled, rig.Lease.ReleasedWith);
        Assert.Equal(0, rig.Trail.Count(CancelHook));
    }

    [Fact]
    public async Task CloseAsync_Twice_ReleasesOnce()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.TrySettle(WorkerSessionOutcome.Finished());

        WorkerSessionOutcome first = await rig.Session.CloseAsync().DefaultTimeout();
        WorkerSessionOutcome second = await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Same(first, second);
        Assert.Equal(1, rig.Trail.Count(CloseHook));
        AssertLease(rig, invalidated: 0);
    }

    [Fact]
    public async Task CloseAsync_TransportFailed_InvalidatesThenReleases()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new WorkerConnectionException("the connection was lost");
        rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(failure));

        await rig.Session.CloseAsync().DefaultTimeout();

        AssertLease(rig, invalidated: 1);
        Assert.Same(failure, rig.Lease.InvalidReason);
        Assert.True(rig.Trail.IndexOf(RecordingLease.Invalid) < rig.Trail.IndexOf(RecordingLease.Release));
    }

    [Fact]
    public async Task CloseAsync_Failed_KeepsTheWorker()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.TrySettle(WorkerSessionOutcome.Failed(UserError));

        WorkerSessionOutcome outcome = await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Same(UserError, outcome.Exception);
        AssertLease(rig, invalidated: 0);
    }

    [Fact]
    public async Task CloseAsync_HookSettlesNothing_IsATransportFailure()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.OnClose = () => default;

        WorkerSessionOutcome outcome = await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        var exception = Assert.IsType<WorkerConnectionException>(outcome.Exception);
        Assert.Equal("worker-1", exception.WorkerId);
        Assert.Equal(4711, exception.ProcessId);
        AssertLease(rig, invalidated: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CloseAsync_HookThrows_IsATransportFailure(bool later)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new IOException("broken");
        rig.Session.OnClose = later ? () => ValueTask.FromException(failure) : () => throw failure;

        WorkerSessionOutcome outcome = await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        Assert.Same(failure, outcome.Exception);
        AssertLease(rig, invalidated: 1);
    }

    [Fact]
    public async Task CloseAsync_LeaseThrowsInBothCalls_ReturnsTheOutcome()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var invalid = new InvalidOperationException("invalid");
        var release = new InvalidOperationException("release");
        rig.Lease.OnInvalid = _ => throw invalid;
        rig.Lease.OnRelease = _ => throw release;
        WorkerSessionOutcome settled = WorkerSessionOutcome.TransportFailed(new IOException("broken"));
        rig.Session.TrySettle(settled);

        Assert.Same(settled, await rig.Session.CloseAsync().DefaultTimeout());

        Assert.Equal([invalid, release], rig.Listener.Failures.Select(failure => failure.Exception));
    }

    [Fact]
    public async Task CloseAsync_MarkInvalidThrows_StillReleasesOnce()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Lease.OnInvalid = _ => throw new InvalidOperationException("invalid");
        rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(new IOException("broken")));

        await rig.Session.CloseAsync().DefaultTimeout();

        AssertLease(rig, invalidated: 1);
    }

    [Fact]
    public async Task TrySettle_Twice_FirstWins()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        WorkerSessionOutcome first = WorkerSessionOutcome.Finished();

        Assert.True(rig.Session.TrySettle(first));
        Assert.False(rig.Session.TrySettle(WorkerSessionOutcome.Failed(UserError)));

        Assert.Same(first, rig.Session.Outcome);
        Assert.Same(first, Assert.Single(rig.Listener.Outcomes));
    }

    [Fact]
    public async Task TryBegin_AfterTheEnd_IsRefused()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.TrySettle(WorkerSessionOutcome.Finished());

        Assert.False(rig.Session.TryBeginCancel());
        Assert.False(rig.Session.TryBeginFinish());
        Assert.Equal(WorkerSessionState.Terminal, rig.Session.State);
    }

    [Fact]
    public void Outcome_BeforeTheEnd_IsNull() => Assert.Null(new SessionRig().Session.Outcome);

    private static void AssertLease(SessionRig rig, int invalidated)
    {
        Assert.Equal(invalidated, rig.Trail.Count(RecordingLease.Invalid));
        Assert.Equal(1, rig.Trail.Count(RecordingLease.Release));
    }
}
