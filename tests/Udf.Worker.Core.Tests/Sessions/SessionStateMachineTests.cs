using Udf.Worker.Internal;

namespace Udf.Worker.Core.Tests.Sessions;

public class SessionStateMachineTests
{
    // Every edge that there is; all others are refused.
    private static readonly HashSet<(WorkerSessionState From, WorkerSessionState To)> Edges =
    [
        (WorkerSessionState.Created, WorkerSessionState.Initializing),
        (WorkerSessionState.Initializing, WorkerSessionState.Initialized),
        (WorkerSessionState.Initialized, WorkerSessionState.Streaming),
        (WorkerSessionState.Streaming, WorkerSessionState.Finishing),
        (WorkerSessionState.Initializing, WorkerSessionState.Cancelling),
        (WorkerSessionState.Initialized, WorkerSessionState.Cancelling),
        (WorkerSessionState.Streaming, WorkerSessionState.Cancelling),
        (WorkerSessionState.Finishing, WorkerSessionState.Cancelling),
    ];

    [Fact]
    public void TryMoveTo_EveryPairOfStates_OnlyTheEdgesAreTaken()
    {
        foreach (WorkerSessionState from in Enum.GetValues<WorkerSessionState>())
        {
            foreach (WorkerSessionState to in Enum.GetValues<WorkerSessionState>().Where(state => state != WorkerSessionState.Terminal))
            {
                var heard = new List<WorkerSessionState>();
                SessionStateMachine machine = At(from, heard);

                bool moved = machine.TryMoveTo(to, "test");

                Assert.True(moved == Edges.Contains((from, to)), $"{from} -> {to} was {(moved ? "taken" : "refused")}.");
                Assert.Equal(moved ? to : from, machine.State);
                Assert.Equal(moved ? [to] : [], heard);
            }
        }
    }

    [Fact]
    public void TrySettle_EveryState_EndsUnlessAlreadyOver()
    {
        foreach (WorkerSessionState from in Enum.GetValues<WorkerSessionState>())
        {
            var heard = new List<WorkerSessionState>();
            SessionStateMachine machine = At(from, heard);
            WorkerSessionOutcome outcome = WorkerSessionOutcome.Finished();

            Assert.Equal(from != WorkerSessionState.Terminal, machine.TrySettle(outcome));
            Assert.False(machine.TrySettle(WorkerSessionOutcome.Cancelled()));

            Assert.Equal(WorkerSessionState.Terminal, machine.State);
            Assert.Equal(from != WorkerSessionState.Terminal, ReferenceEquals(outcome, machine.Outcome));
            Assert.Equal(from != WorkerSessionState.Terminal ? [WorkerSessionState.Terminal] : [], heard);
        }
    }

    [Fact]
    public void TrySettleNew_EveryState_OnlyANewSessionEnds()
    {
        foreach (WorkerSessionState from in Enum.GetValues<WorkerSessionState>())
        {
            SessionStateMachine machine = At(from, []);

            Assert.Equal(from == WorkerSessionState.Created, machine.TrySettleNew(WorkerSessionOutcome.Cancelled()));
        }
    }

    [Theory]
    [InlineData(WorkerSessionState.Created, WorkerSessionState.Created)]
    [InlineData(WorkerSessionState.Initialized, WorkerSessionState.Initialized)]
    [InlineData(WorkerSessionState.Finishing, WorkerSessionState.Finishing)]
    [InlineData(WorkerSessionState.Cancelling, WorkerSessionState.Streaming)]
    public void Reached_AfterTheEnd_TellsHowFarItCame(WorkerSessionState at, WorkerSessionState reached)
    {
        SessionStateMachine machine = At(at, []);

        machine.TrySettle(WorkerSessionOutcome.Cancelled());

        Assert.Equal(reached, machine.Reached);
    }

    private static SessionStateMachine At(WorkerSessionState state, List<WorkerSessionState> heard)
    {
        var machine = new SessionStateMachine((next, _) => heard.Add(next));
        WorkerSessionState[] way = state switch
        {
            WorkerSessionState.Created or WorkerSessionState.Terminal => [],
            WorkerSessionState.Cancelling => [WorkerSessionState.Initializing, WorkerSessionState.Initialized, WorkerSessionState.Streaming, WorkerSessionState.Cancelling],
            _ => [.. Enum.GetValues<WorkerSessionState>().Where(step => step > WorkerSessionState.Created && step <= state)],
        };
        foreach (WorkerSessionState step in way)
        {
            Assert.True(machine.TryMoveTo(step, "setup"));
        }

        if (state == WorkerSessionState.Terminal)
        {
            machine.TrySettle(WorkerSessionOutcome.Finished());
        }

        heard.Clear();
        return machine;
    }
}
