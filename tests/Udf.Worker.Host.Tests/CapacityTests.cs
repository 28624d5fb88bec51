using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using ErrorKind = Udf.Worker.Protocol.Messages.ExecutionError.KindOneofCase;

namespace Udf.Worker.Host.Tests;

/// <summary>Capacity counts what runs, and queues nothing.</summary>
public sealed class CapacityTests
{
    [Fact]
    public async Task Preface_WhileOneRuns_IsAtCapacity_AndAfterwardsIsNot()
    {
        await using WorkerUnderTest worker = new(configure: options => options.MaximumConcurrentExecutions = 1);
        WireConnection connection = await worker.ConnectAsync();
        for (int round = 0; round < 20; round++)
        {
            await connection.StartAsync("udf.echo");
            WorkerPreface refused = await worker.Dial().GreetAsync(ConnectionRole.Execute, worker.Token);
            Assert.Equal(PrefaceStatus.AtCapacity, refused.Status);

            // Whoever has read the terminator finds room.
            await connection.FinishAsync();
            WireConnection next = await worker.ConnectAsync();
            await next.ExpectUsableAsync();
        }
    }

    [Fact]
    public async Task Init_OnAnIdleConnection_WhileOneRuns_IsRefusedAndTheConnectionStaysUsable()
    {
        await using WorkerUnderTest worker = new(configure: options => options.MaximumConcurrentExecutions = 1);
        WireConnection first = await worker.ConnectAsync();
        WireConnection second = await worker.ConnectAsync();
        await first.StartAsync("udf.echo");
        InitResponse refused = await second.InitAsync("udf.echo");
        Assert.Equal(ErrorKind.Worker, refused.Error.KindCase);
        Assert.Contains(nameof(UdfWorkerOptions.MaximumConcurrentExecutions), refused.Error.Worker.Message, StringComparison.Ordinal);
        await second.CancelAsync();

        await second.SendAsync(Requests.Init("udf.echo", isChunking: true), Requests.Chunk("late", isLast: true));
        UdfResponse chunked = await second.ResponseAsync();
        Assert.Equal(ErrorKind.Worker, chunked.Control.Init.Error.KindCase);
        await second.CancelAsync();

        await first.CancelAsync();
        await second.ExpectUsableAsync();
    }

    [Fact]
    public async Task Executions_AsManyAsDeclared_RunAtOnce()
    {
        const int count = 16;
        await using WorkerUnderTest worker = new(Carrier.Unix, configure: options => options.MaximumConcurrentExecutions = count);
        WireConnection[] connections = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => worker.ConnectAsync()));
        foreach (WireConnection connection in connections)
        {
            await connection.StartAsync("udf.echo");
        }

        WorkerPreface refused = await worker.Dial().GreetAsync(ConnectionRole.Execute, worker.Token);
        Assert.Equal(PrefaceStatus.AtCapacity, refused.Status);
        for (int index = 0; index < count; index++)
        {
            await connections[index].SendAsync(Requests.Data($"batch {index}"));
            await connections[index].ExpectDataAsync($"batch {index}");
            await connections[index].FinishAsync();
        }
    }
}
