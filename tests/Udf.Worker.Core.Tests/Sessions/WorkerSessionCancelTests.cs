using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

public class WorkerSessionCancelTests
{
    [Fact]
    public async Task CancelAsync_BeforeInit_EndsWithoutTheWorkerHearing()
    {
        var rig = new SessionRig();

        await rig.Session.CancelAsync("why").DefaultTimeout();

        Assert.Equal(WorkerSessionState.Terminal, rig.Session.State);
        Assert.Equal("why", rig.Session.Outcome!.CancelReason);
        Assert.Empty(rig.Trail.Calls);
    }

    [Fact]
    public async Task CancelAsync_ManyTimes_ReachesTheHookOnce()
    {
        SessionRig rig = await SessionRig.InitializedAsync();

        await rig.Session.CancelAsync("first").DefaultTimeout();
        await rig.Session.CancelAsync("second").DefaultTimeout();
        await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Equal(1, rig.Trail.Count(CancelHook));
        Assert.Equal("first", rig.Session.CancelReason);
    }

    [Fact]
    public async Task CancelAsync_AfterTheEnd_DoesNothing()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.TrySettle(WorkerSessionOutcome.Finished());

        await rig.Session.CancelAsync().DefaultTimeout();
        await rig.Session.CloseAsync().DefaultTimeout();
        await rig.Session.CancelAsync().DefaultTimeout();

        Assert.Equal(0, rig.Trail.Count(CancelHook));
        Assert.Equal(WorkerSessionOutcomeKind.Finished, rig.Session.Outcome!.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelAsync_HookThrows_TheWorkerIsLost(bool later)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new IOException("broken");
        rig.Session.OnCancel = later ? _ => ValueTask.FromException(failure) : _ => throw failure;

        await rig.Session.CancelAsync().DefaultTimeout();

        Assert.Same(failure, rig.Session.Outcome!.Exception);
        Assert.False((await rig.Session.CloseAsync().DefaultTimeout()).IsSalvageable);
        Assert.Contains(failure, rig.Listener.Failures.Select(reported => reported.Exception));
    }

    [Fact]
    public async Task CancelAsync_BetweenInitAndProcess_ProcessThrowsACancellation()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.OnCancel = _ => default; // not even a change of the state
        await rig.Session.CancelAsync().DefaultTimeout();

        Assert.Throws<OperationCanceledException>(() => rig.Session.ProcessAsync(new ScriptedInput()));
        Assert.Equal(WorkerSessionState.Initialized, rig.Session.State);
    }

    [Fact]
    public async Task CancelAsync_ConfirmedBeforeProcess_ProcessThrowsACancellation()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        await rig.Session.CancelAsync().DefaultTimeout();
        rig.Session.TrySettle(WorkerSessionOutcome.Cancelled("confirmed"));

        Assert.Throws<OperationCanceledException>(() => rig.Session.ProcessAsync(new ScriptedInput()));
    }

    [Fact]
    public async Task ProcessAsync_WorkerLostSinceInit_ThrowsWhy()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var lost = new WorkerConnectionException("lost");
        rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(lost));

        Assert.Same(lost, Assert.Throws<WorkerConnectionException>(() => rig.Session.ProcessAsync(new ScriptedInput())));
    }

    [Fact]
    public async Task ProcessAsync_Closed_ThrowsDisposed()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        await rig.Session.CloseAsync().DefaultTimeout();

        Assert.Throws<ObjectDisposedException>(() => rig.Session.ProcessAsync(new ScriptedInput()));
    }

    [Fact]
    public async Task ProcessAsync_Null_ThrowsAndMayBeCalledAgain()
    {
        SessionRig rig = await SessionRig.InitializedAsync();

        Assert.Throws<ArgumentNullException>(() => rig.Session.ProcessAsync(null!));

        Assert.NotNull(rig.Session.ProcessAsync(new ScriptedInput()));
    }
}
