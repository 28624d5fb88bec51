using System.Runtime.CompilerServices;
using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>The stream of results: its end, its loans, and what ends it early.</summary>
public class ProcessStreamTests
{
    [Fact]
    public async Task Stream_Echo_GivesEachBatchAndFinishes()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var input = new ScriptedInput(3);
        var seen = new List<byte>();

        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(input))
        {
            seen.Add(batch.Span[0]);
        }

        Assert.Equal([0, 1, 2], seen);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, rig.Session.Outcome!.Kind);
        Assert.Equal((1, 1), (input.EnumeratorCount, input.DisposeCount));
        Assert.Equal(0, rig.Trail.Count(CancelHook));
    }

    [Fact]
    public async Task Stream_FunctionAnswersBeforeInput_BothRunAtTheSameTime()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var answered = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        rig.Session.OnProcess = (input, token) => AnswerFirstAsync(input, token);
        var input = new ScriptedInput
        {
            OnNext = async (index, _) =>
            {
                asked.TrySetResult();
                await answered.Task; // the input goes on only when a result has been seen
                return index < 1;
            },
        };

        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(input))
        {
            Assert.Equal([7], batch.ToArray());
            answered.SetResult();
        }

        Assert.Equal(WorkerSessionOutcomeKind.Finished, rig.Session.Outcome!.Kind);

        async IAsyncEnumerable<WorkerBatch> AnswerFirstAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> source, [EnumeratorCancellation] CancellationToken token)
        {
            Task pump = Task.Run(async () =>
            {
                await foreach (ReadOnlyMemory<byte> _ in source.WithCancellation(token))
                {
                }
            }, CancellationToken.None);
            await asked.Task;
            yield return rig.Session.Publish(7);
            await pump;
            rig.Session.TryBeginFinish();
            rig.Session.TrySettle(WorkerSessionOutcome.Finished());
        }
    }

    [Fact]
    public async Task MoveNextAsync_AfterTheEnd_IsFalse()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput(1)).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync().DefaultTimeout());

        for (int extra = 0; extra < 5; extra++)
        {
            Assert.False(await stream.MoveNextAsync().DefaultTimeout());
            Assert.Throws<InvalidOperationException>(() => stream.Current.Memory);
        }
    }

    [Fact]
    public async Task MoveNextAsync_AfterAFailure_IsFalse()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new WorkerUserException("failed", WorkerExecutionPhase.Data, "failed");
        rig.Session.OnProcess = (_, _) => SettleAndEndAsync(rig, WorkerSessionOutcome.Failed(failure));
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput()).GetAsyncEnumerator();

        Assert.Same(failure, await Assert.ThrowsAsync<WorkerUserException>(() => stream.MoveNextAsync().DefaultTimeout()));

        Assert.False(await stream.MoveNextAsync().DefaultTimeout());
        Assert.Equal(0, rig.Trail.Count(CancelHook));
    }

    [Fact]
    public async Task MoveNextAsync_EndWithoutAnOutcome_IsATransportFailure()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.OnProcess = (_, _) => EmptyAsync();
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput()).GetAsyncEnumerator();

        await Assert.ThrowsAsync<WorkerConnectionException>(() => stream.MoveNextAsync().DefaultTimeout());

        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, rig.Session.Outcome!.Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task MoveNextAsync_HookThrows_CancelsAndComesOut(int where)
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var failure = new IOException("broken");
        rig.Session.OnProcess = where switch
        {
            0 => (_, _) => throw failure,
            1 => (_, _) => new ScriptedOutput { OnStart = () => throw failure },
            _ => (_, _) => new ScriptedOutput { OnNext = () => throw failure },
        };
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput()).GetAsyncEnumerator();

        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => stream.MoveNextAsync().DefaultTimeout()));

        Assert.Equal(1, rig.Trail.Count(CancelHook));
    }

    [Fact]
    public async Task GetAsyncEnumerator_Twice_Throws()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        IAsyncEnumerable<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput());
        await using IAsyncEnumerator<WorkerBatch> first = stream.GetAsyncEnumerator();

        var exception = Assert.Throws<InvalidOperationException>(() => stream.GetAsyncEnumerator());

        Assert.Contains("once", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisposeAsync_WithoutAMoveNext_CancelsAndAsksNothing()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var input = new ScriptedInput(1);
        IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(input).GetAsyncEnumerator();

        await stream.DisposeAsync().DefaultTimeout();
        await stream.DisposeAsync().DefaultTimeout();

        Assert.Equal(1, rig.Trail.Count(CancelHook));
        Assert.Equal(0, rig.Trail.Count(ProcessHook));
        Assert.Equal(0, input.EnumeratorCount);
        Assert.False(await stream.MoveNextAsync().DefaultTimeout());
    }

    [Fact]
    public async Task DisposeAsync_Break_CancelsEndsTheInputAndTheLoan()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var input = new ScriptedInput(10);
        WorkerBatch kept = default;

        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(input))
        {
            kept = batch;
            break;
        }

        Assert.Equal(1, rig.Trail.Count(CancelHook));
        Assert.Equal(1, input.DisposeCount);
        Assert.Throws<ObjectDisposedException>(() => kept.Memory);
        Assert.Equal(WorkerSessionOutcomeKind.Cancelled, (await rig.Session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Fact]
    public async Task DisposeAsync_BreakWhileTheInputWaits_EndsTheWait()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.OnProcess = AnswerBesideInputAsync;
        var input = new ScriptedInput
        {
            OnNext = async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return false;
            },
        };

        await Task.Run(async () =>
        {
            await foreach (WorkerBatch _ in rig.Session.ProcessAsync(input))
            {
                break;
            }
        }).DefaultTimeout();

        Assert.Equal(1, input.DisposeCount);

        // As a transport does it: a pump beside the results, which is waited for at the end.
        async IAsyncEnumerable<WorkerBatch> AnswerBesideInputAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> source, [EnumeratorCancellation] CancellationToken token)
        {
            Task pump = Task.Run(async () =>
            {
                await foreach (ReadOnlyMemory<byte> _ in source.WithCancellation(token))
                {
                }
            }, CancellationToken.None);
            try
            {
                yield return rig.Session.Publish(1);
            }
            finally
            {
                await Record.ExceptionAsync(() => pump);
            }
        }
    }

    [Fact]
    public async Task Loan_NextIsAskedFor_EndsBeforeTheHookAnswers()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var next = new TaskCompletionSource<bool>();
        var input = new ScriptedInput { OnNext = (index, _) => index == 0 ? new(true) : new(next.Task) };
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(input).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync().DefaultTimeout());
        WorkerBatch first = stream.Current;
        Assert.Equal(1, first.Length);

        ValueTask<bool> asking = stream.MoveNextAsync();

        Assert.False(asking.IsCompleted);
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        Assert.Equal(1, Assert.Single(rig.Session.Published).DisposeCount);
        next.SetResult(false);
        Assert.False(await asking.DefaultTimeout());
    }

    [Fact]
    public async Task Loan_Detached_LivesAfterTheEnd()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var owners = new List<System.Buffers.IMemoryOwner<byte>>();

        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(new ScriptedInput(3)))
        {
            owners.Add(batch.Detach());
            Assert.Throws<ObjectDisposedException>(() => batch.Memory);
        }

        await rig.Session.CloseAsync().DefaultTimeout();
        Assert.Equal([0, 1, 2], owners.Select(owner => owner.Memory.Span[0]));
        Assert.All(rig.Session.Published, memory => Assert.Equal(0, memory.DisposeCount));
    }

    [Fact]
    public async Task CloseAsync_InsideTheBody_DoesNotDeadlock()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        int seen = 0;

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(async () =>
        {
            await foreach (WorkerBatch batch in rig.Session.ProcessAsync(new ScriptedInput(3)))
            {
                seen++;
                await rig.Session.CloseAsync();
                Assert.Equal(1, batch.Length); // the loan outlives the close
            }
        }).DefaultTimeout());

        Assert.Contains("confirmed", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, seen);
        Lifecycle.AssertKept(rig);
    }

    [Fact]
    public async Task MoveNextAsync_FinishedButClosedBeforeAllWasRead_IsNoSilentEnd()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        rig.Session.OnProcess = (_, _) => new ScriptedOutput { Slot = rig.Session, OnNext = () => new(true) };
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput()).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync().DefaultTimeout());
        rig.Session.TrySettle(WorkerSessionOutcome.Finished());
        await rig.Session.CloseAsync().DefaultTimeout();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.MoveNextAsync().DefaultTimeout());
    }

    [Fact]
    public async Task CloseAsync_ByAnotherThreadWhileReading_TheReaderGetsTheOutcome()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var reading = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        rig.Session.OnProcess = (_, _) => new ScriptedOutput
        {
            OnNext = async () =>
            {
                reading.SetResult();
                await ended.Task;
                return false;
            },
        };
        rig.Session.OnClose = () =>
        {
            rig.Session.TrySettle(WorkerSessionOutcome.Cancelled("closed"));
            ended.SetResult();
            return default;
        };
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput()).GetAsyncEnumerator();
        Task<bool> asking = stream.MoveNextAsync().AsTask();
        await reading.Task.DefaultTimeout();

        await rig.Session.CloseAsync().DefaultTimeout();

        await Assert.ThrowsAsync<OperationCanceledException>(() => asking.DefaultTimeout());
        Lifecycle.AssertKept(rig);
    }

    [Fact]
    public async Task MoveNextAsync_ClosedBeforeTheFirst_NeverReachesTheHook()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        await using IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput(1)).GetAsyncEnumerator();
        await rig.Session.CloseAsync().DefaultTimeout();

        await Assert.ThrowsAsync<OperationCanceledException>(() => stream.MoveNextAsync().DefaultTimeout());

        Assert.Equal(0, rig.Trail.Count(ProcessHook));
    }

    [Fact]
    public async Task Settled_AfterTheLastBatch_BatchesBeforeItAreStillRead()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        int left = 2;
        rig.Session.OnProcess = (_, _) => new ScriptedOutput { Slot = rig.Session, OnNext = () => new(left-- > 0) };
        var seen = 0;

        await foreach (WorkerBatch _ in rig.Session.ProcessAsync(new ScriptedInput()))
        {
            seen++;
            rig.Session.TrySettle(WorkerSessionOutcome.Finished()); // the last word may arrive before its batches are read
        }

        Assert.Equal(2, seen);
    }

    [Fact]
    public async Task Stream_WarmedUp_AllocatesNothingForABatch()
    {
        SessionRig rig = await SessionRig.InitializedAsync();
        var memory = new TrackedMemory(1, 2, 3);
        rig.Session.OnProcess = (_, _) => new ScriptedOutput { OnNext = static () => new(true), OnCurrent = () => rig.Session.Slot.Publish(memory) };
        IAsyncEnumerator<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput()).GetAsyncEnumerator();
        Assert.True(ReadAtOnce(stream, 10));
        long before = GC.GetAllocatedBytesForCurrentThread();

        bool all = ReadAtOnce(stream, 1_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(all);
        await stream.DisposeAsync().DefaultTimeout();
    }

    private static bool ReadAtOnce(IAsyncEnumerator<WorkerBatch> stream, int count)
    {
        bool all = true;
        for (int index = 0; index < count; index++)
        {
            ValueTask<bool> next = stream.MoveNextAsync();
            all &= next.IsCompletedSuccessfully && next.Result;
        }

        return all;
    }

    private static async IAsyncEnumerable<WorkerBatch> SettleAndEndAsync(SessionRig rig, WorkerSessionOutcome outcome)
    {
        await Task.Yield();
        rig.Session.TrySettle(outcome);
        yield break;
    }

    private static async IAsyncEnumerable<WorkerBatch> EmptyAsync()
    {
        await Task.Yield();
        yield break;
    }
}
