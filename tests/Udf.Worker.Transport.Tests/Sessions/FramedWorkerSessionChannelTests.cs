using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>Channels of others that fail in another way than their contract says: the execution ends at once, and says what it was.</summary>
public class FramedWorkerSessionChannelTests
{
    [Fact]
    public async Task InitAsync_SendingFailsUnexpectedly_IsThrownAtOnce()
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        BreakableByteChannel? channel = null;
        rig.Worker.Wrap = inner => channel = new BreakableByteChannel(inner);
        SessionProbe probe = await rig.OpenAsync();
        channel!.FailSendingWith(new FormatException("odd"));

        var error = await Assert.ThrowsAsync<WorkerConnectionException>(() => probe.Session.InitAsync(SessionRig.Init).AsTask().DefaultTimeout());

        Assert.Contains("sending failed with FormatException: odd", error.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.Session.CloseAsync().DefaultTimeout()).Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ProcessAsync_SendingABatchOrTheFinishFailsUnexpectedly_IsThrownAtOnce(int batches)
    {
        await using TransportRig rig = await TransportRig.StartAsync();
        BreakableByteChannel? channel = null;
        rig.Worker.Wrap = inner => channel = new BreakableByteChannel(inner);
        SessionProbe probe = await rig.InitializedAsync();
        channel!.FailSendingWith(new FormatException("odd"));
        await using IAsyncEnumerator<WorkerBatch> results =
            probe.Session.ProcessAsync(Inputs.Of([.. Enumerable.Range(0, batches).Select(_ => new byte[10])])).GetAsyncEnumerator();

        var error = await Assert.ThrowsAsync<WorkerConnectionException>(() => results.MoveNextAsync().DefaultTimeout());

        Assert.Contains("sending failed with FormatException: odd", error.Message, StringComparison.Ordinal);
        Assert.Equal(WorkerSessionOutcomeKind.TransportFailed, (await probe.Session.CloseAsync().DefaultTimeout()).Kind);
    }
}
