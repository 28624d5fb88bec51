using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

public class WorkerSessionInitTests
{
    [Fact]
    public async Task InitAsync_Null_ThrowsAndMayBeCalledAgain()
    {
        var rig = new SessionRig();

        await Assert.ThrowsAsync<ArgumentNullException>(() => rig.Session.InitAsync(null!).DefaultTimeout());

        await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();
    }

    [Fact]
    public async Task InitAsync_TokenHasFallen_TellsNobody()
    {
        var rig = new SessionRig();
        var token = new CancellationToken(canceled: true);

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Session.InitAsync(SessionRig.Init, token).DefaultTimeout());

        Assert.Equal(token, exception.CancellationToken);
        Assert.Empty(rig.Trail.Calls);
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
        Assert.Equal([CloseHook, RecordingLease.Release, RecordingLease.Released], rig.Trail.Calls);
    }

    [Fact]
    public async Task InitAsync_TokenFallsInInit_CancelsAndCarriesTheToken()
    {
        var rig = new SessionRig();
        using var cts = new CancellationTokenSource();
        rig.Session.OnInit = async (_, token) =>
        {
            using var own = CancellationTokenSource.CreateLinkedTokenSource(token);
            await Task.Delay(Timeout.Infinite, own.Token);
            throw new InvalidOperationException("unreachable");
        };
        Task<WorkerInitResult> init = rig.Session.InitAsync(SessionRig.Init, cts.Token).DefaultTimeout();

        await cts.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => init);
        Assert.Equal(cts.Token, exception.CancellationToken);
        Assert.Equal(1, rig.Trail.Count(CancelHook));
        Assert.Equal(WorkerSessionState.Cancelling, rig.Session.State);
    }

    [Fact]
    public async Task InitAsync_CancelledByAnotherThread_ThrowsACancellation()
    {
        var rig = new SessionRig();
        var answer = new TaskCompletionSource<WorkerInitResult>();
        rig.Session.OnInit = (_, _) => new(answer.Task);
        Task<WorkerInitResult> init = rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();

        await rig.Session.CancelAsync("not wanted").DefaultTimeout();
        answer.SetResult(new WorkerInitResult());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => init);
        Assert.Equal("not wanted", rig.Session.CancelReason);
        Assert.Equal(WorkerSessionState.Cancelling, rig.Session.State);
    }

    [Fact]
    public async Task InitAsync_WaitEndedByALostWorker_ThrowsWhyItWasLost()
    {
        var rig = new SessionRig();
        var lost = new WorkerConnectionException("lost");
        rig.Session.OnInit = (_, _) =>
        {
            rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(lost));
            throw new OperationCanceledException("the wait was ended");
        };

        Assert.Same(lost, await Assert.ThrowsAsync<WorkerConnectionException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout()));
    }

    [Fact]
    public async Task InitAsync_AnswerAfterTheEnd_ThrowsTheOutcome()
    {
        var rig = new SessionRig();
        var lost = new WorkerConnectionException("lost");
        rig.Session.OnInit = (_, _) =>
        {
            rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(lost));
            return new(new WorkerInitResult());
        };

        Assert.Same(lost, await Assert.ThrowsAsync<WorkerConnectionException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout()));
    }

    [Fact]
    public async Task InitAsync_WorkerLostBefore_ThrowsWhy()
    {
        var rig = new SessionRig();
        var lost = new WorkerConnectionException("lost");
        rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(lost));

        Assert.Same(lost, await Assert.ThrowsAsync<WorkerConnectionException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout()));
        Assert.Empty(rig.Trail.Calls);
    }

    [Fact]
    public async Task InitAsync_CancelledBefore_ThrowsACancellation()
    {
        var rig = new SessionRig();
        await rig.Session.CancelAsync("not wanted").DefaultTimeout();

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout());

        Assert.Contains("not wanted", exception.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Trail.Calls);
    }

    [Fact]
    public async Task InitAsync_Closed_ThrowsDisposed()
    {
        var rig = new SessionRig();
        await rig.Session.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout());
        Assert.Equal(0, rig.Trail.Count(InitHook));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InitAsync_HookThrowsWithoutAnOutcome_IsATransportFailure(bool later)
    {
        var rig = new SessionRig();
        var failure = new IOException("broken");
        rig.Session.OnInit = later ? (_, _) => ValueTask.FromException<WorkerInitResult>(failure) : (_, _) => throw failure;

        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout()));

        Assert.Same(failure, rig.Session.Outcome!.Exception);
        Assert.False(rig.Session.Outcome.IsSalvageable);
        await rig.Session.CloseAsync().DefaultTimeout();
        Assert.Equal(1, rig.Trail.Count(RecordingLease.Release));
    }

    [Fact]
    public async Task InitAsync_Prepared_SendsAndTellsTheLeaseWhatWasPrepared()
    {
        var prepared = new WorkerInit(new WorkerPayload("other"));
        var rig = new SessionRig(_ => prepared);
        WorkerInit? sent = null;
        rig.Session.OnInit = (init, _) =>
        {
            sent = init;
            return new(new WorkerInitResult());
        };

        await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();

        Assert.Same(prepared, sent);
        Assert.Same(prepared.Payload, rig.Lease.Payload);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InitAsync_PreparationThrows_KeepsTheWorker(bool expected)
    {
        Exception failure = expected ? new WorkerInitException("does not fit") : new KeyNotFoundException("a bug of the host");
        var rig = new SessionRig(_ => throw failure);

        Assert.Same(failure, await Record.ExceptionAsync(() => rig.Session.InitAsync(SessionRig.Init).DefaultTimeout()));

        Assert.Equal(WorkerSessionOutcomeKind.Failed, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
        Assert.Equal([CloseHook, RecordingLease.Release, RecordingLease.Released], rig.Trail.Calls);
    }

    [Fact]
    public async Task InitAsync_LeaseThrows_GoesOnAndReports()
    {
        var rig = new SessionRig();
        var failure = new InvalidOperationException("lease");
        rig.Lease.OnInitAction = _ => throw failure;

        await rig.Session.InitAsync(SessionRig.Init).DefaultTimeout();

        Assert.Same(failure, Assert.Single(rig.Listener.Failures).Exception);
    }
}
