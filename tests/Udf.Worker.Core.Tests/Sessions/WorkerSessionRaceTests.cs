using System.Collections.Concurrent;
using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>Threads let go at the same moment do everything that may be done to a session at once, over and over, with hooks that answer now, later, wrongly or not at all.</summary>
public class WorkerSessionRaceTests
{
    private static readonly int Rounds = Race.Rounds(normal: 4_000, full: 200_000);

    [Fact]
    public Task NewSession_LiveCancelCloseSettle_KeepsItsPromises() => RaceAsync(_ => new SessionRig(), live: LiveAsync);

    [Fact]
    public Task InitializedSession_StreamCancelCloseSettle_KeepsItsPromises() =>
        RaceAsync(
            _ =>
            {
                var rig = new SessionRig();
                Assert.True(rig.Session.InitAsync(SessionRig.Init).AsTask().IsCompletedSuccessfully);
                return rig;
            },
            live: StreamAsync);

    [Fact]
    public async Task InitAsync_FromManyThreads_OneIsLetIn()
    {
        await Race.RunAsync(Rounds / 4, 4, _ =>
        {
            var rig = new SessionRig();
            int accepted = 0, refused = 0;
            return (Repeat(4, async () =>
            {
                try
                {
                    await rig.Session.InitAsync(SessionRig.Init);
                    Interlocked.Increment(ref accepted);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            }), () =>
            {
                Assert.Equal((1, 3), (accepted, refused));
                Assert.Equal([RecordingLease.Init, InitHook], rig.Trail.Calls);
            }
            );
        });
    }

    [Fact]
    public async Task ProcessAsync_FromManyThreads_OneIsLetIn()
    {
        await Race.RunAsync(Rounds / 4, 4, _ =>
        {
            var rig = new SessionRig();
            rig.Session.InitAsync(SessionRig.Init).AsTask().Wait();
            int accepted = 0;
            return (Repeat(4, () =>
            {
                if (Record.Exception(() => rig.Session.ProcessAsync(new ScriptedInput())) is null)
                {
                    Interlocked.Increment(ref accepted);
                }

                return Task.CompletedTask;
            }), () => Assert.Equal(1, accepted));
        });
    }

    [Fact]
    public async Task TrySettle_FromManyThreads_OneWinsAndStays()
    {
        await Race.RunAsync(Rounds / 4, 4, _ =>
        {
            var rig = new SessionRig();
            var winners = new ConcurrentBag<WorkerSessionOutcome>();
            return (Repeat(4, () =>
            {
                WorkerSessionOutcome mine = WorkerSessionOutcome.Cancelled();
                if (rig.Session.TrySettle(mine))
                {
                    winners.Add(mine);
                }

                return Task.CompletedTask;
            }), () =>
            {
                WorkerSessionOutcome winner = Assert.Single(winners);
                Assert.Same(winner, rig.Session.Outcome);
                Assert.Same(winner, Assert.Single(rig.Listener.Outcomes));
            }
            );
        });
    }

    [Fact]
    public async Task GetAsyncEnumerator_FromManyThreads_OneIsLetIn()
    {
        await Race.RunAsync(Rounds / 4, 4, _ =>
        {
            var rig = new SessionRig();
            rig.Session.InitAsync(SessionRig.Init).AsTask().Wait();
            IAsyncEnumerable<WorkerBatch> stream = rig.Session.ProcessAsync(new ScriptedInput());
            int accepted = 0;
            return (Repeat(4, () =>
            {
                if (Record.Exception(() => stream.GetAsyncEnumerator()) is null)
                {
                    Interlocked.Increment(ref accepted);
                }

                return Task.CompletedTask;
            }), () => Assert.Equal(1, accepted));
        });
    }

    private static Task RaceAsync(Func<int, SessionRig> create, Func<SessionRig, CancellationToken, Task> live) =>
        Race.RunAsync(Rounds, 5, round =>
        {
            SessionRig rig = create(round);
            var random = new Random(round);
            Script(rig, random);
            var token = new CancellationTokenSource();
            var closed = new ConcurrentBag<WorkerSessionOutcome>();
            int intrusion = random.Next(4);
            Func<Task>[] actions =
            [
                async () =>
                {
                    Exception? thrown = await Record.ExceptionAsync(() => live(rig, token.Token));
                    Assert.True(thrown is null or OperationCanceledException or ObjectDisposedException or WorkerException or IOException, $"{thrown}");
                },
                () => rig.Session.CancelAsync("racer").AsTask(),
                async () => closed.Add(await rig.Session.CloseAsync()),
                async () => closed.Add(await rig.Session.CloseAsync()),
                () =>
                {
                    switch (intrusion)
                    {
                        case 0:
                            rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(new WorkerConnectionException("lost")));
                            break;
                        case 1:
                            rig.Session.TrySettle(WorkerSessionOutcome.Failed(new WorkerUserException("failed", WorkerExecutionPhase.Data, "failed")));
                            break;
                        case 2:
                            token.Cancel();
                            break;
                        default:
                            return rig.Session.CancelAsync("another racer").AsTask();
                    }

                    return Task.CompletedTask;
                },
            ];
            return (actions, () =>
            {
                Lifecycle.AssertKept(rig);
                Assert.Equal(2, closed.Count);
                Assert.All(closed, outcome => Assert.Same(rig.Session.Outcome, outcome));
                Assert.All(rig.Session.Published, memory => Assert.Equal(1, memory.DisposeCount));
                token.Dispose();
            }
            );
        });

    /// <summary>Hooks that answer at once or later, settle or do not, and now and then throw.</summary>
    private static void Script(SessionRig rig, Random random)
    {
        ScriptedWorkerSession session = rig.Session;
        int init = random.Next(6), cancel = random.Next(5), close = random.Next(4), lease = random.Next(8);
        session.OnInit = async (_, token) =>
        {
            if (init > 0)
            {
                await Task.Yield();
            }

            token.ThrowIfCancellationRequested();
            return init == 5 ? throw new IOException("init") : new WorkerInitResult();
        };
        Func<string?, ValueTask> cancelAsScripted = session.OnCancel;
        session.OnCancel = async reason =>
        {
            if (cancel > 0)
            {
                await Task.Yield();
            }

            if (cancel == 3)
            {
                throw new IOException("cancel");
            }

            if (cancel != 4)
            {
                await cancelAsScripted(reason);
            }
        };
        Func<ValueTask> closeAsScripted = session.OnClose;
        session.OnClose = async () =>
        {
            if (close > 0)
            {
                await Task.Yield();
            }

            if (close == 2)
            {
                throw new IOException("close");
            }

            if (close != 3)
            {
                await closeAsScripted();
            }
        };
        if (lease == 0)
        {
            rig.Lease.OnInvalid = _ => throw new IOException("invalid");
            rig.Lease.OnRelease = _ => throw new IOException("release");
        }
        else if (lease < 4)
        {
            rig.Lease.OnRelease = async _ => await Task.Yield();
        }
    }

    private static async Task LiveAsync(SessionRig rig, CancellationToken token)
    {
        await rig.Session.InitAsync(SessionRig.Init, token);
        await StreamAsync(rig, token);
    }

    private static async Task StreamAsync(SessionRig rig, CancellationToken token)
    {
        var input = new ScriptedInput { OnNext = async (index, _) => { await Task.Yield(); return index < 3; } };
        await foreach (WorkerBatch batch in rig.Session.ProcessAsync(input, token))
        {
            Assert.Equal(1, batch.Length);
        }
    }

    private static Func<Task>[] Repeat(int count, Func<Task> action) => [.. Enumerable.Repeat(action, count)];
}
