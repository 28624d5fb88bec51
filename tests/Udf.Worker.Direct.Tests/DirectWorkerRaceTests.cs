using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>The same moment from several threads, again and again; afterwards nothing is left.</summary>
public sealed class DirectWorkerRaceTests
{
    private const int Rounds = 40;

    [Fact]
    public async Task Dispose_WhileSessionsAreCreated_EachGetsASessionOrHearsOfTheClose()
    {
        for (int round = 0; round < Rounds; round++)
        {
            var dispatcher = new FakeDispatcher(Scripts.Worker());
            Task<FakeSession?>[] creations = [CreateOrClosed(dispatcher), CreateOrClosed(dispatcher)];

            // A different moment of the start in each round: before, between and after its steps.
            while (dispatcher.Allocated.Count + dispatcher.Endpoints.Count + dispatcher.Connections.Count < round % 7)
            {
                await Task.Yield();
            }

            await dispatcher.DisposeAsync().DefaultTimeout();
            foreach (FakeSession? session in await Task.WhenAll(creations).DefaultTimeout())
            {
                if (session is not null)
                {
                    await session.CloseAsync().DefaultTimeout();
                }
            }

            dispatcher.AssertNothingLeft();
        }
    }

    [Fact]
    public async Task CloseSession_WhileItsWorkerIsKilledAndTheDispatcherCloses_NothingIsLeft()
    {
        for (int round = 0; round < Rounds; round++)
        {
            var dispatcher = new FakeDispatcher(Scripts.Worker());
            FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
            using var barrier = new Barrier(3);

            await Task.WhenAll(
                AtBarrier(barrier, () => session.CloseAsync().AsTask()),
                AtBarrier(barrier, () => dispatcher.DisposeAsync().AsTask()),
                AtBarrier(barrier, () =>
                {
                    Kill(session.ProcessId);
                    return Task.CompletedTask;
                })).DefaultTimeout();

            dispatcher.AssertNothingLeft();
        }
    }

    [Fact]
    public async Task CreateSession_CancelledAtAnyMoment_NothingIsLeft()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        for (int round = 0; round < Rounds; round++)
        {
            using var cancel = new CancellationTokenSource();
            int before = dispatcher.Allocated.Count + dispatcher.Endpoints.Count + dispatcher.Connections.Count;
            Task<FakeSession> creation = dispatcher.CreateSessionAsync(cancellationToken: cancel.Token).AsTask();
            while (dispatcher.Allocated.Count + dispatcher.Endpoints.Count + dispatcher.Connections.Count < before + (round % 4))
            {
                await Task.Yield();
            }

            await cancel.CancelAsync();
            try
            {
                await (await creation.DefaultTimeout()).CloseAsync().DefaultTimeout();
            }
            catch (OperationCanceledException exception)
            {
                Assert.Equal(cancel.Token, exception.CancellationToken);
            }
        }

        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Sessions_OneAfterAnother_LeaveNoDescriptorAndNoProcess()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        await (await dispatcher.CreateSessionAsync().DefaultTimeout()).CloseAsync().DefaultTimeout();
        int before = OpenDescriptorCount();

        for (int i = 0; i < Rounds; i++)
        {
            await (await dispatcher.CreateSessionAsync().DefaultTimeout()).CloseAsync().DefaultTimeout();
        }

        // Three pipes a worker: a leak of one descriptor each would be as many as there were rounds.
        Assert.InRange(OpenDescriptorCount(), 0, before + (Rounds / 4));
        dispatcher.AssertNothingLeft();
    }

    private static int OpenDescriptorCount() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static async Task<FakeSession?> CreateOrClosed(FakeDispatcher dispatcher)
    {
        try
        {
            return await Task.Run(() => dispatcher.CreateSessionAsync().AsTask());
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private static Task AtBarrier(Barrier barrier, Func<Task> action) => Task.Factory.StartNew(
        () =>
        {
            barrier.SignalAndWait();
            return action();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).Unwrap();

    private static void Kill(int processId)
    {
        try
        {
            System.Diagnostics.Process.GetProcessById(processId).Kill();
        }
        catch (ArgumentException)
        {
            // It has gone already.
        }
    }
}
