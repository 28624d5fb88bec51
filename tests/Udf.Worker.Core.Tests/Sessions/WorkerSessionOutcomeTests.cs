using Udf.Worker.Testing;

namespace Udf.Worker.Core.Tests.Sessions;

public class WorkerSessionOutcomeTests
{
    private static readonly IOException Failure = new("broken");

    [Fact]
    public void Finished_CarriesMetricsAndData()
    {
        var metrics = new WorkerExecutionMetrics { BatchesIn = 3 };

        WorkerSessionOutcome outcome = WorkerSessionOutcome.Finished(metrics, new byte[] { 9 });

        Assert.Equal((WorkerSessionOutcomeKind.Finished, true), (outcome.Kind, outcome.IsSalvageable));
        Assert.Same(metrics, outcome.Metrics);
        Assert.Equal([9], outcome.Data!.Value.ToArray());
        Assert.Null(outcome.Exception);
        outcome.ThrowUnlessFinished("e");
    }

    [Fact]
    public void Cancelled_IsThrownAsACancellationWithItsReason()
    {
        WorkerSessionOutcome outcome = WorkerSessionOutcome.Cancelled("no longer wanted", exception: Failure);

        Assert.Equal((WorkerSessionOutcomeKind.Cancelled, true), (outcome.Kind, outcome.IsSalvageable));
        var thrown = Assert.Throws<OperationCanceledException>(() => outcome.ThrowUnlessFinished("e"));
        Assert.Contains("no longer wanted", thrown.Message, StringComparison.Ordinal);
        Assert.Same(Failure, thrown.InnerException);
    }

    [Fact]
    public void Failed_IsSalvageableAndThrownAsItIs()
    {
        WorkerSessionOutcome outcome = WorkerSessionOutcome.Failed(Failure);

        Assert.Equal((WorkerSessionOutcomeKind.Failed, true), (outcome.Kind, outcome.IsSalvageable));
        Assert.Same(Failure, Assert.Throws<IOException>(() => outcome.ThrowUnlessFinished("e")));
    }

    [Fact]
    public void TransportFailed_IsNotSalvageableAndThrownAsItIs()
    {
        WorkerSessionOutcome outcome = WorkerSessionOutcome.TransportFailed(Failure);

        Assert.Equal((WorkerSessionOutcomeKind.TransportFailed, false), (outcome.Kind, outcome.IsSalvageable));
        Assert.Same(Failure, Assert.Throws<IOException>(() => outcome.ThrowUnlessFinished("e")));
    }

    [Fact]
    public void Failed_WithoutException_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => WorkerSessionOutcome.Failed(null!));
        Assert.Throws<ArgumentNullException>(() => WorkerSessionOutcome.TransportFailed(null!));
    }

    [Fact]
    public void TrySettle_Null_Throws()
    {
        var rig = new SessionRig();

        Assert.Throws<ArgumentNullException>(() => rig.Session.TrySettle(null!));
        Assert.Equal(WorkerSessionState.Created, rig.Session.State);
    }
}
