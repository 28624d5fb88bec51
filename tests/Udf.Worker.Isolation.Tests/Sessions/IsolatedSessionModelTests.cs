using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Isolation.Tests;

/// <summary>
/// Every interleaving of every program that up to three threads of up to four operations can have, against a history that is kept beside the machine. Operations are atomic, as they are
/// under the lock of the cache; the clean-up itself is not: others go on between its beginning and its end. Equal situations have equal futures, so each is walked through once.
/// </summary>
public class IsolatedSessionModelTests
{
    private enum Operation
    {
        Acquire,
        Release,
        MarkEvicted,
        TryUnEvict,
        EndCleanUp,
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 4)]
    [InlineData(3, 4)]
    public void EveryInterleaving_CleansUpAtTheRightMomentAndOnce(int threads, int operations)
    {
        var walk = new Walk(threads, operations);
        walk.Go();

        // The walk is worth something only if everything that can happen has happened.
        Assert.Equal(9, walk.Seen.Count);
        Assert.True(walk.InterleavingCount >= Math.Pow(3, threads * operations), $"only {walk.InterleavingCount} interleavings");
    }

    /// <summary>What the machine should be, told by what was done and not by how it is written.</summary>
    private readonly record struct History(bool IsEvicted, int CleanUpsBegun, int CleanUpsEnded);

    /// <summary>A thread: what it may still do, what it holds, and whether it has to clean up, which it does before anything else.</summary>
    private readonly record struct Actor(int Left, int Held, bool CleansUp);

    private readonly record struct Situation(IsolatedSessionState State, History History, Actor First, Actor Second, Actor Third)
    {
        internal Actor this[int index] => index switch { 0 => First, 1 => Second, _ => Third };

        internal int Held => First.Held + Second.Held + Third.Held;

        internal Situation With(int index, Actor actor) => index switch
        {
            0 => this with { First = actor },
            1 => this with { Second = actor },
            _ => this with { Third = actor },
        };
    }

    private sealed class Walk(int threads, int operations)
    {
        private readonly Dictionary<Situation, double> _futures = [];

        internal HashSet<(Operation, bool)> Seen { get; } = [];

        internal double InterleavingCount { get; private set; }

        internal void Go()
        {
            Actor Actor(int index) => new(index < threads ? operations : 0, 0, false);
            InterleavingCount = Explore(new Situation(default, default, Actor(0), Actor(1), Actor(2)));
        }

        /// <returns>How many interleavings lead on from here.</returns>
        private double Explore(Situation situation)
        {
            if (_futures.TryGetValue(situation, out double known))
            {
                return known;
            }

            double count = 0;
            for (int thread = 0; thread < threads; thread++)
            {
                Actor actor = situation[thread];
                if (actor.CleansUp)
                {
                    count += Step(situation, thread, Operation.EndCleanUp);
                }
                else if (actor.Left > 0)
                {
                    count += Step(situation, thread, Operation.Acquire);
                    count += Step(situation, thread, Operation.MarkEvicted);
                    count += Step(situation, thread, Operation.TryUnEvict);
                    count += actor.Held > 0 ? Step(situation, thread, Operation.Release) : 0;
                }
            }

            if (count == 0)
            {
                CheckEnd(situation);
                count = 1;
            }

            _futures[situation] = count;
            return count;
        }

        private double Step(Situation situation, int thread, Operation operation)
        {
            Actor actor = situation[thread];
            History history = situation.History;
            IsolatedSessionState state = situation.State;
            bool isOver = history.CleanUpsBegun > 0;
            bool result = true;
            switch (operation)
            {
                case Operation.Acquire:
                    result = state.Acquire();
                    Assert.Equal(!history.IsEvicted, result);
                    actor = actor with { Left = actor.Left - 1, Held = actor.Held + (result ? 1 : 0) };
                    break;
                case Operation.Release:
                    result = state.Release();
                    Assert.Equal(history.IsEvicted && situation.Held == 1, result);
                    actor = new Actor(actor.Left - 1, actor.Held - 1, result);
                    break;
                case Operation.MarkEvicted:
                    result = state.MarkEvicted();
                    Assert.Equal(!isOver && situation.Held == 0, result);
                    history = history with { IsEvicted = true };
                    actor = actor with { Left = actor.Left - 1, CleansUp = result };
                    break;
                case Operation.TryUnEvict:
                    result = state.TryUnEvict();
                    Assert.Equal(history.IsEvicted && situation.Held > 0, result);
                    history = history with { IsEvicted = history.IsEvicted && !result };
                    actor = actor with { Left = actor.Left - 1 };
                    break;
                case Operation.EndCleanUp:
                    state.CleanUpEnded();
                    history = history with { CleanUpsEnded = history.CleanUpsEnded + 1 };
                    actor = actor with { CleansUp = false };
                    break;
                default:
                    throw new InvalidOperationException($"{operation} is no operation.");
            }

            if (operation is Operation.Release or Operation.MarkEvicted && result)
            {
                history = history with { CleanUpsBegun = history.CleanUpsBegun + 1 };
            }

            Seen.Add((operation, result));
            Situation next = (situation with { State = state, History = history }).With(thread, actor);
            CheckAlways(next);
            return Explore(next);
        }

        private static void CheckAlways(Situation situation)
        {
            History history = situation.History;
            Assert.Equal(situation.Held, situation.State.UserCount);
            Assert.Equal(history.IsEvicted, situation.State.IsEvicted);
            Assert.InRange(history.CleanUpsBegun, 0, 1);
            Assert.InRange(history.CleanUpsEnded, 0, history.CleanUpsBegun);

            // Nobody holds what is cleaned up, and what nobody holds or wants is cleaned up.
            Assert.Equal(history.CleanUpsBegun == 1, history.IsEvicted && situation.Held == 0);
            Assert.Equal(
                (history.CleanUpsBegun, history.CleanUpsEnded) switch
                {
                    (0, _) => IsolatedSessionPhase.Alive,
                    (_, 0) => IsolatedSessionPhase.CleaningUp,
                    _ => IsolatedSessionPhase.Gone,
                },
                situation.State.Phase);
        }

        // What threads still hold at the end of their program they let go: then an evicted session is gone and another one alive.
        private static void CheckEnd(Situation situation)
        {
            IsolatedSessionState state = situation.State;
            int cleanUps = situation.History.CleanUpsBegun;
            for (int held = situation.Held; held > 0; held--)
            {
                cleanUps += state.Release() ? 1 : 0;
            }

            Assert.Equal(situation.History.IsEvicted ? 1 : 0, cleanUps);
        }
    }
}
