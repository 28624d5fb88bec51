using Udf.Worker.Direct;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

/// <summary>At each state of a session, its worker is killed, or its host is. Whoever survives knows what happened, and nothing is left. Run without other tests beside it: descriptors are counted.</summary>
public abstract class KillMatrixContract : WorkerContract
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    // The news of an exit comes at once, and on a busy machine not quite. Whoever waited for this limit would break the promise.
    private static readonly TimeSpan LongNotice = TimeSpan.FromSeconds(25);

    public static TheoryData<string> States => [.. SessionStates.Names];

    [Theory]
    [MemberData(nameof(States))]
    [Failure("the worker ended while a session ran on it")]
    public async Task Worker_IsKilled_TheSessionSaysSoAndNothingIsLeft(string state)
    {
        await WarmUpAsync();
        using var directory = TestDirectory.Enter();
        var before = HostFootprint.Take();
        HeldSession held = await SessionStates.ReachAsync(CreateDispatcher(options: new DirectWorkerOptions { ExitNoticeTimeout = LongNotice }), Trace, state).DefaultTimeout();

        ProcessTable.Signal(held.WorkerProcessId, ProcessTable.SigKill);

        long killed = TimeProvider.System.GetTimestamp();
        var error = await Assert.ThrowsAsync<WorkerExitedException>(() => held.GoOn().DefaultTimeout());
        WorkerSessionOutcome outcome = await held.Session.CloseAsync().DefaultTimeout();
        Assert.InRange(TimeProvider.System.GetElapsedTime(killed), TimeSpan.Zero, Machine.Stretch(Promise));
        Assert.Equal(new WorkerExit(null, "SIGKILL"), error.Exit);
        Assert.True(error.IsTransient);
        AssertNamesTheWorker(error);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, outcome.Kind);
        AssertNothingLeft();
        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(await before.FindDifferenceAsync());
    }

    [Theory]
    [MemberData(nameof(States))]
    public async Task Host_IsKilled_ItsWorkerIsGoneWithinTwoSeconds(string state)
    {
        using var directory = TestDirectory.Enter();
        using SessionHostProcess host = await SessionHostProcess.StartAsync(Transport.Scheme, state, Trace);
        Assert.True(ProcessTable.Exists(host.WorkerProcessId));

        long killed = TimeProvider.System.GetTimestamp();
        await host.KillAsync();

        // The host's own mark is that of its worker, of its warden, and of what else it may have started. A process that is ending loses its mark a moment before it is gone.
        await GoneAsync(host).DefaultTimeout();

        Assert.InRange(TimeProvider.System.GetElapsedTime(killed), TimeSpan.Zero, Machine.Stretch(Promise));
        Assert.Empty(Trace.FindLeftovers());
        Assert.False(ProcessTable.IsRunning(host.WorkerProcessId));

        // docs/failures.md names what stays, the directory and its lock, and until when.
        Assert.Equal(Transport.HasSocketDirectory ? 2 : 0, Directory.EnumerateFileSystemEntries(directory.FullName).Count());
        Assert.All(Directory.EnumerateFileSystemEntries(directory.FullName), path => Assert.StartsWith("udf-worker-", Path.GetFileName(path), StringComparison.Ordinal));
        DirectWorkerDispatcher next = CreateDispatcher();
        await using (await StartAsync(next, "udf.echo"))
        {
        }

        await CloseDispatchersAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.FullName));
    }

    private async Task GoneAsync(SessionHostProcess host)
    {
        while (Trace.Running().Count > 0 || ProcessTable.IsRunning(host.WorkerProcessId))
        {
            await Task.Yield();
        }
    }
}
