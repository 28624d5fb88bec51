using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>A session, its lease, and the worker's end of its connection if that was opened for it.</summary>
internal sealed record SessionProbe(WorkerSession Session, RecordingLease Lease, ScriptedConnection? Wire)
{
    public int InvalidCount => Lease.Trail.Count(RecordingLease.Invalid);

    public int ReleaseCount => Lease.Trail.Count(RecordingLease.Release);

    /// <summary>Runs all batches through and returns copies of what comes back.</summary>
    public async Task<List<byte[]>> CollectAsync(params byte[][] batches)
    {
        List<byte[]> results = [];
        await foreach (WorkerBatch batch in Session.ProcessAsync(Inputs.Of(batches)))
        {
            results.Add(batch.ToArray());
        }

        return results;
    }

    /// <summary>Closes the session, and checks that its lease was given back once, and marked invalid if it had to be.</summary>
    public async Task<WorkerSessionOutcome> CloseAsync()
    {
        WorkerSessionOutcome outcome = await Session.CloseAsync().DefaultTimeout();
        Assert.Equal(1, ReleaseCount);
        Assert.Equal(outcome.IsSalvageable ? 0 : 1, InvalidCount);
        Assert.Same(outcome, Session.Outcome);
        return outcome;
    }
}
