using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>The token of ProcessAsync and the token of the enumerator both cancel, and what comes out carries the one that fell.</summary>
public sealed class ProcessCancellationTests : IDisposable
{
    private readonly CancellationTokenSource _process = new();
    private readonly CancellationTokenSource _enumerator = new();

    public enum Which
    {
        Process,
        Enumerator,
    }

    /// <summary>What the hook makes of a token that falls.</summary>
    public enum Hook
    {
        ThrowsItsOwnCancellation,
        EndsInSilence,
        SettlesAsCancelled,
        IgnoresIt,
    }

    public static TheoryData<Which, Hook> Everything()
    {
        var data = new TheoryData<Which, Hook>();
        foreach (Which which in Enum.GetValues<Which>())
        {
            foreach (Hook hook in Enum.GetValues<Hook>())
            {
                data.Add(which, hook);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task Token_FallsWhileReading_CarriesIt(Which which, Hook hook)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        Script(rig, hook);
        await using IAsyncEnumerator<WorkerBatch> stream = Start(rig, new ScriptedInput());
        Assert.True(await stream.MoveNextAsync().DefaultTimeout());
        Task<bool> asking = stream.MoveNextAsync().AsTask();

        await Source(which).CancelAsync();

        if (hook == Hook.IgnoresIt)
        {
            Assert.True(await asking.DefaultTimeout());
            asking = stream.MoveNextAsync().AsTask();
        }

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => asking.DefaultTimeout());
        Assert.Equal(Source(which).Token, exception.CancellationToken);
        Assert.False(await stream.MoveNextAsync().DefaultTimeout());
        await stream.DisposeAsync().DefaultTimeout();
        WorkerSessionOutcome outcome = await rig.Session.CloseAsync().DefaultTimeout();
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, outcome.Kind);
        Lifecycle.AssertKept(rig);
    }

    [Theory]
    [InlineData(Which.Process)]
    [InlineData(Which.Enumerator)]
    public async Task Token_HasFallenBefore_CancelsWithoutReading(Which which)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        await Source(which).CancelAsync();
        var input = new ScriptedInput(3);
        await using IAsyncEnumerator<WorkerBatch> stream = Start(rig, input);

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => stream.MoveNextAsync().DefaultTimeout());

        Assert.Equal(Source(which).Token, exception.CancellationToken);
        Assert.Equal(1, rig.Trail.Count(CancelHook));
        Assert.Equal((0, 0), (rig.Trail.Count(ProcessHook), input.EnumeratorCount));
    }

    [Theory]
    [InlineData(Which.Process)]
    [InlineData(Which.Enumerator)]
    public async Task Token_FallsInTheBody_TheNextBatchIsNotGiven(Which which)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        int seen = 0;

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (WorkerBatch _ in rig.Session.ProcessAsync(new ScriptedInput(5), _process.Token).WithCancellation(_enumerator.Token))
            {
                seen++;
                await Source(which).CancelAsync();
            }
        });

        Assert.Equal(Source(which).Token, exception.CancellationToken);
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task Token_FallsAfterTheEnd_ChangesNothing()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        IAsyncEnumerator<WorkerBatch> stream = Start(rig, new ScriptedInput());
        Assert.False(await stream.MoveNextAsync().DefaultTimeout());

        await _process.CancelAsync();
        Assert.False(await stream.MoveNextAsync().DefaultTimeout());
        await stream.DisposeAsync().DefaultTimeout();
        await _enumerator.CancelAsync();

        Assert.Equal(WorkerSessionOutcomeKind.Finished, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
        Assert.Equal(0, rig.Trail.Count(CancelHook));
    }

    [Fact]
    public async Task CancelAsync_WhileReading_ThrowsWithoutAToken()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var cancelled = new TaskCompletionSource<bool>();
        rig.Session.OnCancel = _ =>
        {
            rig.Session.TrySettle(WorkerSessionOutcome.Cancelled("not wanted"));
            cancelled.SetResult(false);
            return default;
        };
        rig.Session.OnProcess = (_, _) => new ScriptedOutput { OnNext = () => new(cancelled.Task) };
        await using IAsyncEnumerator<WorkerBatch> stream = Start(rig, new ScriptedInput());
        Task<bool> asking = stream.MoveNextAsync().AsTask();

        await rig.Session.CancelAsync("not wanted").DefaultTimeout();

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => asking.DefaultTimeout());
        Assert.Equal(CancellationToken.None, exception.CancellationToken);
        Assert.Contains("not wanted", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Which.Process)]
    [InlineData(Which.Enumerator)]
    public async Task Token_TheInputWatchesItByItself_StillCarriesTheCallersToken(Which which)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(Source(which).Token);
        var asked = new TaskCompletionSource();
        var input = new ScriptedInput
        {
            OnNext = async (_, _) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, linked.Token);
                return false;
            },
        };
        await using IAsyncEnumerator<WorkerBatch> stream = Start(rig, input);
        Task<bool> asking = stream.MoveNextAsync().AsTask();
        await asked.Task.DefaultTimeout();

        await Source(which).CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.DefaultTimeout());
        Assert.Equal(Source(which).Token, exception.CancellationToken);
    }

    [Fact]
    public async Task Token_ItsCallbackReadsOn_DoesNotDeadlock()
    {
        // The hook's wait is ended inside the caller's Cancel, and everything up to the disposal runs there.
        SessionRig rig = await SessionRig.InitializedAsync();
        var next = new TaskCompletionSource<bool>();
        rig.Session.OnCancel = async _ => await Task.Yield();
        rig.Session.OnProcess = (_, token) =>
        {
            token.UnsafeRegister(_ => next.TrySetCanceled(token), null);
            return new ScriptedOutput { OnNext = () => new(next.Task) };
        };
        Task reading = ReadAsync();

        await Task.Run(_process.Cancel).DefaultTimeout();

        await Assert.ThrowsAsync<OperationCanceledException>(() => reading.DefaultTimeout());

        async Task ReadAsync()
        {
            await foreach (WorkerBatch _ in rig.Session.ProcessAsync(new ScriptedInput(), _process.Token))
            {
            }
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _enumerator.Dispose();
    }

    private static void Script(SessionRig rig, Hook hook)
    {
        int asked = 0;
        rig.Session.OnProcess = (_, token) => new ScriptedOutput
        {
            Slot = rig.Session,
            OnNext = async () =>
            {
                if (asked++ == 0)
                {
                    return true;
                }

                var fallen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                using CancellationTokenRegistration registration = token.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), fallen);
                await fallen.Task;
                switch (hook)
                {
                    case Hook.ThrowsItsOwnCancellation:
                        throw new OperationCanceledException("mine", token);
                    case Hook.EndsInSilence:
                        return false;
                    case Hook.SettlesAsCancelled:
                        rig.Session.TrySettle(WorkerSessionOutcome.Cancelled("confirmed"));
                        return false;
                    case Hook.IgnoresIt:
                        return true;
                    default:
                        throw new ArgumentOutOfRangeException(nameof(hook), hook, "Unknown hook.");
                }
            },
        };
    }

    private IAsyncEnumerator<WorkerBatch> Start(SessionRig rig, ScriptedInput input) =>
        rig.Session.ProcessAsync(input, _process.Token).GetAsyncEnumerator(_enumerator.Token);

    private CancellationTokenSource Source(Which which) => which == Which.Process ? _process : _enumerator;
}
