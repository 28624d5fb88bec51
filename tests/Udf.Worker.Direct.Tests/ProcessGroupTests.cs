using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>What a worker has started ends with it, while the host lives.</summary>
public sealed class ProcessGroupTests
{
    private const string Announce = "> \"$0.tmp\"; mv \"$0.tmp\" \"$0\"; exec sleep 300' \"$4\"";

    [Theory]
    [InlineData("sh -c 'echo $$ " + Announce + " & wait")]
    [InlineData("trap '' TERM; sh -c 'trap \"\" TERM; echo $$ " + Announce + " & wait")]
    [InlineData("(setsid sh -c 'echo $$ " + Announce + " &) ; read -r _")]
    [InlineData("env -i sh -c 'echo $$ " + Announce + " & wait")]
    public async Task CloseSession_WorkerHasADescendant_IsGoneWhenTheDispatcherIsClosed(string script)
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker(script).WithGracefulTerminationTimeout(TimeSpan.FromMilliseconds(100)));
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        int descendant = int.Parse(await File.ReadAllTextAsync(Assert.Single(dispatcher.Allocated)));
        Assert.True(ProcessProbe.IsRunning(descendant));

        await session.CloseAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();

        await ProcessProbe.WaitUntilGoneAsync(descendant).DefaultTimeout();
        Assert.Empty(ProcessProbe.WithVariable("UDF_WORKER_ID", session.WorkerId));
        Assert.False(HostWarden.Instance.Watches(session.ProcessId));
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task CloseSession_DescendantHasLeftTheGroup_IsFoundWhileTheDispatcherLives()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("(setsid sh -c 'echo $$ " + Announce + " &) ; read -r _"));
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        FakeSession other = await dispatcher.CreateSessionAsync().DefaultTimeout();
        int[] descendants = [.. await Task.WhenAll(dispatcher.Allocated.Select(async address => int.Parse(await File.ReadAllTextAsync(address))))];

        await session.CloseAsync().DefaultTimeout();

        await ProcessProbe.WaitUntilGoneAsync(descendants[0]).DefaultTimeout();
        Assert.True(ProcessProbe.IsRunning(descendants[1]));
        Assert.NotEmpty(ProcessProbe.WithVariable("UDF_WORKER_ID", other.WorkerId));
        Assert.True(ProcessProbe.IsRunning(other.ProcessId));
        await other.CloseAsync().DefaultTimeout();
        await ProcessProbe.WaitUntilGoneAsync(descendants).DefaultTimeout();
    }

    [Fact]
    public async Task Worker_LeadsItsOwnSession_AndCarriesItsMarks()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker());
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        string stat = await File.ReadAllTextAsync($"/proc/{session.ProcessId}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

        Assert.Equal($"{session.ProcessId}", fields[2]);
        Assert.Equal($"{session.ProcessId}", fields[3]);
        Assert.Contains(session.ProcessId, ProcessProbe.WithVariable("UDF_WORKER_ID", session.WorkerId));
        Assert.Contains(session.ProcessId, ProcessProbe.OfHost(System.Environment.ProcessId));
        Assert.True(HostWarden.Instance.Watches(session.ProcessId));
    }

    [Fact]
    public async Task EnvironmentCallable_LeavesAChildInItsGroup_ItIsGone()
    {
        string file = Path.GetTempFileName();
        WorkerSpecification specification = Scripts.Worker() with
        {
            Environment = new WorkerEnvironment { Installation = Scripts.Callable($"sleep 300 & echo $! > {file}") },
        };
        await using var dispatcher = new FakeDispatcher(specification);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await ProcessProbe.WaitUntilGoneAsync(int.Parse(await File.ReadAllTextAsync(file))).DefaultTimeout();
        File.Delete(file);
    }

    [Fact]
    public void FindMarked_NobodyCarriesTheMark_FindsNobody() => Assert.Empty(ProcFileSystem.FindMarked("UDF_WORKER_HOST=nobody", "UDF_WORKER_ID"));
}
