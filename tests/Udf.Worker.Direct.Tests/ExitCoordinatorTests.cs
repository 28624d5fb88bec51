using System.Runtime.CompilerServices;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class ExitCoordinatorTests
{
    private int _kills;

    [Fact]
    public async Task EndAll_SeveralParticipants_AreEndedAtTheSameTimeAndAllWaitedFor()
    {
        var coordinator = new ExitCoordinator(() => _kills++);
        using var together = new Barrier(3);
        for (int i = 0; i < 3; i++)
        {
            coordinator.Add(new ExitParticipant(TimeSpan.FromSeconds(30), endsOnTermination: true, () => Task.Factory.StartNew(
                together.SignalAndWait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        }

        await Task.Run(() => coordinator.EndAll(static _ => true)).DefaultTimeout();

        Assert.Equal(1, together.CurrentPhaseNumber);
        Assert.Equal(0, _kills);
    }

    [Fact]
    public async Task EndAll_AParticipantHangs_EverythingIsKilledAtTheBound()
    {
        var coordinator = new ExitCoordinator(() => _kills++);
        coordinator.Add(new ExitParticipant(TimeSpan.FromMilliseconds(50), endsOnTermination: true, () => new TaskCompletionSource().Task));

        await Task.Run(() => coordinator.EndAll(static _ => true)).DefaultTimeout();

        Assert.Equal(1, _kills);
    }

    [Fact]
    public void EndAll_ParticipantIsNotMeant_IsLeftAlone()
    {
        var coordinator = new ExitCoordinator(() => _kills++);
        coordinator.Add(new ExitParticipant(TimeSpan.FromSeconds(1), endsOnTermination: false, () => throw new InvalidOperationException("It was ended.")));

        coordinator.EndAll(static participant => participant.EndsOnTermination);

        Assert.Equal(0, _kills);
    }

    [Fact]
    public async Task Dispatcher_IsDisposed_NothingHoldsIt()
    {
        WeakReference dispatcher = await UseAndDisposeAsync();

        for (int i = 0; i < 50 && dispatcher.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        Assert.False(dispatcher.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAndDisposeAsync()
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker());
        await dispatcher.CreateSessionAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();
        return new WeakReference(dispatcher);
    }
}
