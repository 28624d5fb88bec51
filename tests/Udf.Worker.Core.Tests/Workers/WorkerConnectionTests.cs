using Udf.Worker.Testing;

namespace Udf.Worker.Core.Tests.Workers;

public class WorkerConnectionTests
{
    [Fact]
    public async Task Connection_WithoutFeatures_SaysSoInsteadOfPretending()
    {
        await using var connection = new SessionsOnlyConnection();

        Assert.Equal(WorkerConnectionFeatures.None, connection.Features);
        await AssertUnsupportedAsync(nameof(WorkerConnectionFeatures.Ping), () => connection.PingAsync(default).DefaultTimeout());
        await AssertUnsupportedAsync(nameof(WorkerConnectionFeatures.Shutdown), () => connection.RequestShutdownAsync(null, false, default).DefaultTimeout());
        await AssertUnsupportedAsync(nameof(WorkerConnectionFeatures.CancelExecution), () => connection.CancelExecutionAsync("e", null, default).DefaultTimeout());
    }

    private static async Task AssertUnsupportedAsync(string feature, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<NotSupportedException>(call);
        Assert.Contains(feature, exception.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(SessionsOnlyConnection), exception.Message, StringComparison.Ordinal);
    }

    private sealed class SessionsOnlyConnection : WorkerConnection
    {
        public override CancellationToken Lost => CancellationToken.None;

        public override WorkerException? LostReason => null;

        public override ValueTask<WorkerSession> OpenSessionAsync(WorkerSessionContext context, CancellationToken cancellationToken) =>
            new(new ScriptedWorkerSession(context, new CallTrail()));

        public override ValueTask DisposeAsync() => default;
    }
}
