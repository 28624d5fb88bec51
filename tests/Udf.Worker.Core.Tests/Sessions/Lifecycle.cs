using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>What holds of every session once it is closed, whoever did what to it when.</summary>
internal static class Lifecycle
{
    internal static void AssertKept(SessionRig rig)
    {
        IReadOnlyList<string> calls = rig.Trail.Calls;
        string trail = string.Join(", ", calls);
        WorkerSessionOutcome outcome = Assert.IsType<WorkerSessionOutcome>(rig.Session.Outcome);

        Assert.True(Count(CloseHook) == 1, trail);
        Assert.True(Count(RecordingLease.Release) == 1, trail);
        Assert.True(Count(RecordingLease.Invalid) == (outcome.IsSalvageable ? 0 : 1), trail);
        Assert.True(Count(InitHook) <= 1 && Count(RecordingLease.Init) <= 1 && Count(CancelHook) <= 1 && Count(ProcessHook) <= 1, trail);

        // The lease: payload, then invalid, then released, and nothing after that.
        Assert.True(At(RecordingLease.Init) < At(RecordingLease.Release) && At(RecordingLease.Invalid) < At(RecordingLease.Release), trail);
        Assert.True(At(RecordingLease.Init) <= At(InitHook) || At(InitHook) < 0, trail);

        // The hooks: init first, close after the cancellation, and before the lease is given back.
        Assert.True(At(InitHook) < At(CloseHook) && At(CancelHook) < At(CloseHook) && At(CloseHook) < At(RecordingLease.Release), trail);
        Assert.True(At(CancelHook) < 0 || (At(InitHook) >= 0 && At(InitHook) < At(CancelHook)), trail);

        Assert.Same(outcome, rig.Lease.ReleasedWith);
        Assert.Same(outcome, Assert.Single(rig.Listener.Outcomes));
        Assert.Equal(WorkerSessionState.Terminal, rig.Session.State);
        Assert.Equal(rig.Listener.States.Count, rig.Listener.States.Distinct().Count());

        int Count(string call) => calls.Count(made => made == call);

        int At(string call)
        {
            for (int index = 0; index < calls.Count; index++)
            {
                if (calls[index] == call)
                {
                    return index;
                }
            }

            return -1;
        }
    }
}
