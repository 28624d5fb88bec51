using System.Collections.Concurrent;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Sessions;

/// <summary>
/// A session, a worker that may behave or not, and everything that may happen to a session at once, in random order and again and again: nothing hangs, there is one outcome,
/// the lease and the connection go back once, and no exception is left unobserved. <c>UDF_STRESS=full</c> for many more rounds.
/// </summary>
[Collection(nameof(FramedWorkerSessionRandomTests))]
[CollectionDefinition(nameof(FramedWorkerSessionRandomTests), DisableParallelization = true)]
public class FramedWorkerSessionRandomTests
{
    private const int Behaviours = 8;
    private const int Stops = 3;

    [Theory]
    [InlineData(Carrier.Memory, 0)]
    [InlineData(Carrier.Memory, 2048)]
    [InlineData(Carrier.Uds, 0)]
    [InlineData(Carrier.Uds, 4096)]
    public async Task Session_EverythingAtOnce_EndsOnceAndLeavesNothing(Carrier carrier, int bufferBytes)
    {
        await CollectGarbageAsync();
        ConcurrentQueue<Exception> unobserved = new();
        EventHandler<UnobservedTaskExceptionEventArgs> onUnobserved = (_, args) => unobserved.Enqueue(args.Exception);
        TaskScheduler.UnobservedTaskException += onUnobserved;
        try
        {
            await RunAsync(carrier, bufferBytes, Race.Rounds(1000, 20_000));
            await CollectGarbageAsync();
            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= onUnobserved;
        }
    }

    private static async Task RunAsync(Carrier carrier, int bufferBytes, int rounds)
    {
        await using TransportRig rig = await TransportRig.StartAsync(carrier, bufferBytes: bufferBytes);
        int behaviour = 0;
        using var stop = new CancellationTokenSource();
        Task accepting = AcceptAsync(rig, () => Volatile.Read(ref behaviour), stop.Token);
        await Race.RunAsync(rounds, 4, round =>
        {
            var random = new Random(round + (bufferBytes * 7));
            int behaves = random.Next(Behaviours);
            Volatile.Write(ref behaviour, behaves);
            var lease = new RecordingLease(new CallTrail());
            var listener = new RecordingSessionListener();
            var options = new WorkerSessionOptions { CancelTimeout = TimeSpan.FromMilliseconds(20), InitTimeout = TimeSpan.FromMilliseconds(60), TerminatorTimeout = TimeSpan.FromMilliseconds(30) };
            var context = new WorkerSessionContext(lease, options) { Listener = listener };
            var opened = new TaskCompletionSource<WorkerSession>(TaskCreationOptions.RunContinuationsAsynchronously);
            int batches = random.Next(6);
            int batchBytes = random.Next(3) switch { 0 => 10, 1 => 3000, _ => 40_000 };
            int stopAfter = random.Next(8);
            int cancels = random.Next(3);

            // A function may compute as long as it likes: somebody has to lose patience with a worker that has stopped.
            bool closes = behaves == Stops || random.Next(2) == 0;
            bool callerCancels = random.Next(4) == 0;
            int spin = random.Next(20_000);
            var callerToken = new CancellationTokenSource();

            Func<Task>[] actions =
            [
                async () => await UseAsync(rig, context, opened, batches, batchBytes, stopAfter, callerToken.Token),
                async () =>
                {
                    WorkerSession session = await opened.Task;
                    Thread.SpinWait(spin);
                    for (int index = 0; index < cancels; index++)
                    {
                        await session.CancelAsync($"cancel {index}");
                    }
                },
                async () =>
                {
                    WorkerSession session = await opened.Task;
                    Thread.SpinWait(spin * 2);
                    if (closes)
                    {
                        await session.CloseAsync();
                    }
                },
                async () =>
                {
                    await opened.Task;
                    Thread.SpinWait(spin / 2);
                    if (callerCancels)
                    {
                        await callerToken.CancelAsync();
                    }
                },
            ];
            return (actions, () =>
            {
                Assert.Equal(1, lease.Trail.Count(RecordingLease.Release));
                WorkerSessionOutcome outcome = Assert.Single(listener.Outcomes);
                Assert.Same(outcome, opened.Task.Result.Outcome);
                Assert.Same(outcome, lease.ReleasedWith);
                Assert.Equal(outcome.IsSalvageable ? 0 : 1, lease.Trail.Count(RecordingLease.Invalid));
                Assert.Equal(0, rig.Connection.ChannelCounts.InUse);
                Assert.Empty(listener.Failures);
                callerToken.Dispose();
            }
            );
        });
        Assert.Null(rig.Connection.LostReason);
        await rig.Connection.DisposeAsync().DefaultTimeout();
        await stop.CancelAsync();
        await accepting.DefaultTimeout();
    }

    private static async Task UseAsync(
        TransportRig rig, WorkerSessionContext context, TaskCompletionSource<WorkerSession> opened, int batches, int batchBytes, int stopAfter, CancellationToken cancellationToken)
    {
        WorkerSession session = await rig.Connection.OpenSessionAsync(context, CancellationToken.None);
        opened.SetResult(session);
        byte[][] input = [.. Enumerable.Range(0, batches).Select(index => Wire.Pattern(batchBytes, index))];
        try
        {
            await session.InitAsync(SessionRig.Init, cancellationToken);
            int count = 0;
            await foreach (WorkerBatch batch in session.ProcessAsync(Inputs.Of(input), cancellationToken))
            {
                // In order, and whole.
                Assert.True(batch.Span.SequenceEqual(input[count / 2]));
                if (++count == stopAfter)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is WorkerException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the ways in which it may end for who reads. What must hold in each is checked afterwards.
        }

        await session.CloseAsync();
    }

    private static async Task AcceptAsync(TransportRig rig, Func<int> behaviour, CancellationToken stop)
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                ScriptedConnection wire = await rig.Worker.AcceptRawAsync(stop);
                serving.Add(Task.Run(() => MisbehaveAsync(wire, behaviour), CancellationToken.None));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private static async Task MisbehaveAsync(ScriptedConnection wire, Func<int> behaviour)
    {
        try
        {
            await wire.ReadPrefaceAsync();
            await wire.AnswerAsync();
            await wire.ServeAsync(batch =>
            {
                switch (behaviour())
                {
                    case 1: // Closes in the middle.
                        wire.Dispose();
                        return [];
                    case 2: // Torn frame.
                        wire.Stream.Write(Wire.Batch(new byte[100]).AsSpan(0, 60));
                        wire.Dispose();
                        return [];
                    case Stops: // Reads no more and says no more until it is closed.
                        throw new StopException();
                    case 4: // Reports an error, and waits for Cancel as it should.
                        wire.SendErrorAsync(Wire.UserError()).GetAwaiter().GetResult();
                        return [];
                    case 5: // Ends without being asked.
                        wire.SendFinishAsync().GetAwaiter().GetResult();
                        return [];
                    case 6: // Closes between two executions, or seems to.
                        wire.EndWriting();
                        return [];
                    default:
                        return [batch, batch];
                }
            });
        }
        catch (StopException)
        {
            // It stays open until the engine closes it, or the test ends.
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The engine has closed the connection.
        }
    }

    private static async Task CollectGarbageAsync()
    {
        for (int round = 0; round < 3; round++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private sealed class StopException : Exception;
}
