using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Samples.Tests;

/// <summary>The five hooks of the sample in good times and bad; after each, nothing is left.</summary>
[Collection(Alone.Name)]
public sealed class PipeLifeTests : WorkerContract
{
    protected override TransportUnderTest Transport => PipeTransport.Instance;

    protected override WorkerProgram Program => SamplePaths.Worker;

    [Fact]
    public async Task Session_FunctionFails_IsTheUsersErrorAndTheNextSessionWorks()
    {
        WorkerDispatcher dispatcher = CreateDispatcher();
        await using (WorkerSession failing = await StartAsync(dispatcher, "udf.fail", TestBatches.Text("batch:1")))
        {
            var error = await Assert.ThrowsAsync<WorkerUserException>(() => failing.ProcessAsync(TestBatches.Stream(TestBatches.Text("a"))).ReadAllAsync().DefaultTimeout());
            Assert.Contains("requested", error.Message, StringComparison.Ordinal);
        }

        await using WorkerSession next = await StartAsync(dispatcher, "upper");
        TestBatches.AssertSame([TestBatches.Text("A")], await next.ProcessAsync(TestBatches.Stream(TestBatches.Text("a"))).ReadAllAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Session_WorkerIsKilled_EndsWithItAndItsPipeGoes()
    {
        WorkerDispatcher dispatcher = CreateDispatcher();
        await using (WorkerSession session = await StartAsync(dispatcher, "udf.exit", TestBatches.Text("kill")))
        {
            var error = await Assert.ThrowsAsync<WorkerExitedException>(() => session.ProcessAsync(TestBatches.Stream(TestBatches.Text("a"))).ReadAllAsync().DefaultTimeout());
            Assert.Equal("SIGKILL", error.Exit.Signal);
        }

        Assert.False(File.Exists(Assert.Single(Trace.Addresses)));
        AssertNothingLeft();
    }

    [Fact]
    public async Task Dispatcher_FiftySessions_NothingOfThemIsLeft()
    {
        await RunAsync(2);
        Descriptors before = Descriptors.Open();

        await RunAsync(50);

        Assert.Empty(await Descriptors.LeftSinceAsync(before, TimeSpan.FromSeconds(1)));
        Assert.Equal(52, Trace.Addresses.Distinct().Count());
        Assert.DoesNotContain(Trace.Addresses, address => Directory.Exists(Path.GetDirectoryName(address)));
        AssertNothingLeft();
    }

    [Fact]
    public void Dispatcher_AnotherTransport_IsRefusedWithTheReason()
    {
        var kind = Assert.Throws<WorkerSpecificationException>(() => CreateDispatcher(Program.Specification.OverTcp()));
        var name = Assert.Throws<WorkerSpecificationException>(() => CreateDispatcher(Program.Specification.OverCustom("carrier pigeon")));

        Assert.Contains("named pipes", kind.Message, StringComparison.Ordinal);
        Assert.Contains("carrier pigeon", name.Message, StringComparison.Ordinal);
    }

    private async Task RunAsync(int sessions)
    {
        await using var dispatcher = Transport.CreateDispatcher(Specification(), loggerFactory: Trace.Logs);
        await Parallel.ForAsync(0, sessions, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            await using WorkerSession session = await StartAsync(dispatcher, "udf.echo");
            ReadOnlyMemory<byte> batch = TestBatches.Number(number);
            TestBatches.AssertSame([batch], await session.ProcessAsync(TestBatches.Stream(batch)).ReadAllAsync().DefaultTimeout());
        });
    }
}
