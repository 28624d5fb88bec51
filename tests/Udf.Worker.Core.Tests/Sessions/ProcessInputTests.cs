using System.Runtime.CompilerServices;
using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>An input that fails cancels the execution, and its very own exception comes out, whatever the hook makes of it.</summary>
public class ProcessInputTests
{
    public enum Place
    {
        GetAsyncEnumerator,
        SynchronousMoveNext,
        AsynchronousMoveNext,
        SecondMoveNext,
        Current,
        Dispose,
        AsynchronousDispose,
    }

    public static TheoryData<Place, bool> Everything()
    {
        var data = new TheoryData<Place, bool>();
        foreach (Place place in Enum.GetValues<Place>())
        {
            data.Add(place, true);
            data.Add(place, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task Input_Throws_CancelsAndTheSameExceptionComesOut(Place place, bool besideTheOutput)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        if (besideTheOutput)
        {
            rig.Session.OnProcess = (source, token) => PumpBesideAsync(source, token);
        }

        var failure = new IOException("the input is broken");

        Assert.Same(failure, await Record.ExceptionAsync(() => ReadAsync(rig, Failing(place, failure)).DefaultTimeout()));

        Assert.Equal(1, rig.Trail.Count(CancelHook));
        Assert.Equal("the input failed", rig.Session.CancelReason);
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
        Lifecycle.AssertKept(rig);
    }

    [Fact]
    public async Task Input_ThrowsACancellationOfItsOwn_TheSameExceptionComesOut()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new OperationCanceledException("a query of the input's own was cancelled");

        Assert.Same(failure, await Record.ExceptionAsync(() => ReadAsync(rig, Failing(Place.AsynchronousMoveNext, failure)).DefaultTimeout()));
    }

    [Fact]
    public async Task Input_FailsAfterTheFunctionFinished_StillComesOut()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new IOException("the input is broken");
        rig.Session.OnProcess = (source, token) => FinishThenDisposeAsync(source, token);

        Assert.Same(failure, await Record.ExceptionAsync(() => ReadAsync(rig, Failing(Place.Dispose, failure)).DefaultTimeout()));

        Assert.Equal(WorkerSessionOutcomeKind.Finished, rig.Session.Outcome!.Kind);
        Assert.Equal(0, rig.Trail.Count(CancelHook));

        async IAsyncEnumerable<WorkerBatch> FinishThenDisposeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> source, [EnumeratorCancellation] CancellationToken token)
        {
            IAsyncEnumerator<ReadOnlyMemory<byte>> batches = source.GetAsyncEnumerator(token);
            while (await batches.MoveNextAsync())
            {
            }

            rig.Session.TrySettle(WorkerSessionOutcome.Finished());
            await Record.ExceptionAsync(() => batches.DisposeAsync().AsTask());
            yield break;
        }
    }

    [Fact]
    public async Task Input_CallbackOnItsTokenThrows_TheFailureStillComesOut()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new IOException("the input is broken");
        ScriptedInput input = Failing(Place.AsynchronousMoveNext, failure);
        input.OnStart = () => input.Token.UnsafeRegister(static _ => throw new InvalidOperationException("callback"), null);

        Assert.Same(failure, await Record.ExceptionAsync(() => ReadAsync(rig, input).DefaultTimeout()));
    }

    [Fact]
    public async Task Input_ObeysTheTokenWhenAskedForItsEnumerator_IsNoFailureOfTheInput()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        using var cts = new CancellationTokenSource();
        var input = new ScriptedInput();
        input.OnStart = () =>
        {
            cts.Cancel();
            input.Token.ThrowIfCancellationRequested();
        };

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => ReadAsync(rig, input, cts.Token).DefaultTimeout());

        Assert.Equal(cts.Token, exception.CancellationToken);
        Assert.Equal("the caller's token fell", rig.Session.CancelReason);
    }

    [Fact]
    public async Task Input_Asynchronous_ReachesTheFunctionWhole()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var input = new ScriptedInput
        {
            OnNext = async (index, _) =>
            {
                await Task.Yield();
                return index < 100;
            },
        };

        Assert.Equal(100, await ReadAsync(rig, input).DefaultTimeout());
    }

    private static ScriptedInput Failing(Place place, Exception failure)
    {
        var input = new ScriptedInput(2);
        switch (place)
        {
            case Place.GetAsyncEnumerator:
                input.OnStart = () => throw failure;
                break;
            case Place.SynchronousMoveNext:
                input.OnNext = (_, _) => throw failure;
                break;
            case Place.AsynchronousMoveNext:
                input.OnNext = async (_, _) =>
                {
                    await Task.Yield();
                    throw failure;
                };
                break;
            case Place.SecondMoveNext:
                input.OnNext = (index, _) => index == 0 ? new(true) : ValueTask.FromException<bool>(failure);
                break;
            case Place.Current:
                input.OnCurrent = _ => throw failure;
                break;
            case Place.Dispose:
                input.OnDispose = () => throw failure;
                break;
            case Place.AsynchronousDispose:
                input.OnDispose = async () =>
                {
                    await Task.Yield();
                    throw failure;
                };
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(place), place, "Unknown place.");
        }

        return input;
    }

    private static async Task<int> ReadAsync(SessionRig rig, ScriptedInput input, CancellationToken token = default)
    {
        int count = 0;
        await foreach (WorkerBatch _ in rig.Session.ProcessAsync(input, token))
        {
            count++;
        }

        return count;
    }

    /// <summary>As a transport does it: the input has a pump of its own, whose failure is nobody's; the reader only learns that its token has fallen.</summary>
    private static async IAsyncEnumerable<WorkerBatch> PumpBesideAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> source, [EnumeratorCancellation] CancellationToken token)
    {
        Task pump = Task.Run(async () =>
        {
            await foreach (ReadOnlyMemory<byte> _ in source.WithCancellation(token))
            {
            }
        }, CancellationToken.None);
        await Task.Delay(Timeout.Infinite, token);
        await pump;
        yield break;
    }
}
