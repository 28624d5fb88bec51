using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>How scopes are compared is the user's code: what it does wrong harms the caller that it is compared for, and nobody else.</summary>
public sealed class WorkerPoolScopeTests
{
    [Fact]
    public async Task Compare_Throws_TheCallerHearsOfItAndNothingIsLost()
    {
        bool throws = false;
        await using var rig = new PoolRig(options =>
        {
            options.MaxWorkers = 1;
            options.PoisonThreshold = 1;
        });
        WorkerSessionOptions one = Of("one");
        FakeSession session = await rig.Dispatcher.CreateSessionAsync(one).AsTask().DefaultTimeout();
        Task<Exception> running = session.RunUntilLostAsync();
        await PoolRig.UntilAsync(() => session.State == WorkerSessionState.Streaming);

        throws = true;
        await Assert.ThrowsAsync<NotSupportedException>(() => rig.Dispatcher.CreateSessionAsync(Of("two")).AsTask().DefaultTimeout());
        Assert.Equal(1, Assert.Single(rig.Dispatcher.GetStatistics()).SessionCount);

        // The same object is not compared, whatever happens to its worker.
        ProcessTable.Signal(session.ProcessId, ProcessTable.SigKill);
        await running.DefaultTimeout();
        await session.CloseAsync().DefaultTimeout();
        FakeSession next = await rig.Dispatcher.CreateSessionAsync(one).AsTask().DefaultTimeout();
        Assert.NotEqual(session.ProcessId, next.ProcessId);
        await Assert.ThrowsAsync<WorkerPoisonedPayloadException>(() => next.InitAsync(new WorkerInit(new WorkerPayload("test"))).DefaultTimeout());
        await next.CloseAsync().DefaultTimeout();

        // It is forgotten when its workers are gone.
        rig.Clock.Advance(TimeSpan.FromSeconds(60));
        await PoolRig.UntilAsync(() => rig.Dispatcher.GetStatistics().Count == 0);
        throws = false;
        await rig.Dispatcher.CreateSessionAsync(Of("one")).AsTask().DefaultTimeout();

        WorkerSessionOptions Of(string name) => new() { SecurityScope = new TrickyScope(name, () => _ = throws ? throw new NotSupportedException("incomparable") : 0) };
    }

    [Fact]
    public async Task Compare_DoesNotReturn_NobodyElseWaits()
    {
        using var isHeld = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        bool holds = false;
        await using var rig = new PoolRig();
        FakeSession first = await rig.Dispatcher.CreateSessionAsync(Of("one")).AsTask().DefaultTimeout();
        holds = true;
        Task<FakeSession> held = Task.Run(() => rig.Dispatcher.CreateSessionAsync(Of("two")).AsTask());
        await Task.Run(() => isHeld.Wait(CancellationToken.None)).DefaultTimeout();
        holds = false;

        // What looks at all scopes, adds one with the same hash, takes one out.
        Assert.Single(rig.Dispatcher.GetStatistics());
        await rig.RunAsync("other");
        FakeSession third = await rig.Dispatcher.CreateSessionAsync(Of("three")).AsTask().DefaultTimeout();
        await first.CloseAsync().DefaultTimeout();
        await third.CloseAsync().DefaultTimeout();
        rig.Clock.Advance(TimeSpan.FromSeconds(60));
        await PoolRig.UntilAsync(() => rig.Dispatcher.GetStatistics().Count == 0);

        goOn.Set();
        FakeSession second = await held.DefaultTimeout();
        Assert.Equal("two", second.Options.SecurityScope?.ToString());
        await second.CloseAsync().DefaultTimeout();

        WorkerSessionOptions Of(string name) => new()
        {
            SecurityScope = new TrickyScope(name, () =>
            {
                if (Volatile.Read(ref holds))
                {
                    isHeld.Set();
                    goOn.Wait(CancellationToken.None);
                }
            }),
        };
    }
}
