using System.Diagnostics;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>What is left when the host ends, in whatever way: nothing.</summary>
public sealed class HostDeathTests
{
    private const int Workers = 3;
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    /// <summary>A script, and how many processes there are for each worker.</summary>
    public static TheoryData<string, string, int> Kinds => new()
    {
        { "watches its standard input", Scripts.WellBehaved, 1 },
        { "a foreign program", "touch \"$4\"; exec sleep 300", 1 },
        { "spins", "touch \"$4\"; while :; do :; done", 1 },
        { "ignores SIGTERM and SIGHUP", "trap '' TERM HUP; touch \"$4\"; exec sleep 300", 1 },
        { "has children in its group", "sleep 300 & sleep 300 & touch \"$4\"; wait", 3 },
        { "has a child in a session of its own", "setsid sleep 300 & touch \"$4\"; wait", 2 },
        { "has a daemon, forked twice", "(setsid sh -c 'sleep 300 & exec sleep 300' &) ; touch \"$4\"; exec sleep 300", 3 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Host_IsKilled_AllThatItStartedIsGoneWithinTwoSeconds(string kind, string script, int processes)
    {
        using HostProcess host = await HostProcess.StartAsync(Workers, script);
        int[] started = await host.WaitForProcessesAsync(Workers * processes).DefaultTimeout();
        int warden = Assert.Single(ProcessProbe.WardensOf(host.Id));
        var watch = Stopwatch.StartNew();

        host.Signal(HostProcess.SigKill);

        await ProcessProbe.WaitUntilGoneAsync([.. started, warden]).DefaultTimeout();
        TimeSpan elapsed = watch.Elapsed;
        Assert.True(elapsed < Machine.Stretch(Promise), $"A worker that {kind} was there for {elapsed}.");
        Assert.Empty(ProcessProbe.OfHost(host.Id));
    }

    [Fact]
    public async Task Host_IsKilled_ChildrenWithoutTheMarkInTheGroupAreGoneToo()
    {
        using HostProcess host = await HostProcess.StartAsync(1, "env -i sh -c 'echo $$ > \"$0.pid\"; exec sleep 300' \"$4\" & while [ ! -s \"$4.pid\" ]; do sleep 0.01; done; touch \"$4\"; wait");
        int worker = Assert.Single(await host.WaitForProcessesAsync(1).DefaultTimeout());
        string address = File.ReadAllText($"/proc/{worker}/cmdline").Split('\0').SkipWhile(static argument => argument != "--connection").ElementAt(1);
        int child = int.Parse(await File.ReadAllTextAsync(address + ".pid"));
        Assert.True(ProcessProbe.IsRunning(child));

        host.Signal(HostProcess.SigKill);

        await ProcessProbe.WaitUntilGoneAsync(worker, child).DefaultTimeout();
    }

    [Fact]
    public async Task Host_IsKilledWhileItsWorkersStart_TheyAreGone()
    {
        using HostProcess host = await HostProcess.StartAsync(20, "exec sleep 300", mode: "UDF_TEST_NOT_READY");

        host.Signal(HostProcess.SigKill);

        await host.WaitForExitAsync();
        while (ProcessProbe.WardensOf(host.Id).Length + ProcessProbe.OfHost(host.Id).Length > 0)
        {
            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(HostProcess.SigKill)]
    [InlineData(2)]
    public async Task HostsGroup_GetsASignal_WardenOutlivesItAndWorkersAreGone(int signal)
    {
        using HostProcess host = await HostProcess.StartAsync(Workers, "touch \"$4\"; exec sleep 300");
        int[] started = await host.WaitForProcessesAsync(Workers).DefaultTimeout();
        int warden = Assert.Single(ProcessProbe.WardensOf(host.Id));

        host.SignalGroup(signal);

        await host.WaitForExitAsync();
        await ProcessProbe.WaitUntilGoneAsync([.. started, warden]).DefaultTimeout();
    }

    [Fact]
    public async Task Warden_IsKilled_AnotherOneTakesOver()
    {
        using HostProcess host = await HostProcess.StartAsync(Workers, "env -u UDF_WORKER_HOST sleep 300 & touch \"$4\"; wait");
        int[] started = await host.WaitForProcessesAsync(Workers).DefaultTimeout();
        int first = Assert.Single(ProcessProbe.WardensOf(host.Id));
        int pipes = ProcessProbe.PipeCount(host.Id);

        HostProcess.Signal(first, HostProcess.SigKill);
        while (ProcessProbe.WardensOf(host.Id).Except([first]).ToArray() is not [_])
        {
            await Task.Yield();
        }

        Assert.All(started, processId => Assert.True(ProcessProbe.IsRunning(processId)));
        Assert.Empty(ProcessProbe.ZombiesOf(host.Id));
        await FakeDispatcher.WaitUntilAsync(() => ProcessProbe.PipeCount(host.Id) == pipes).DefaultTimeout();
        host.Signal(HostProcess.SigKill);
        await ProcessProbe.WaitUntilGoneAsync(started).DefaultTimeout();
    }

    [Fact]
    public async Task Host_ReturnsWithoutDisposing_WorkersEndAndTheEnvironmentIsCleanedUp()
    {
        string trace = Path.GetTempFileName();
        using HostProcess host = await HostProcess.StartAsync(Workers, Scripts.IgnoresTermination, $"echo cleaned >> {trace}");
        int[] started = await host.WaitForProcessesAsync(Workers).DefaultTimeout();

        host.Return(exitCode: 7);

        Assert.Equal(7, await host.WaitForExitAsync());
        Assert.All(started, processId => Assert.False(ProcessProbe.Exists(processId), "It was not reaped before the host ended."));
        Assert.Equal("cleaned\n", await File.ReadAllTextAsync(trace));
        File.Delete(trace);
    }

    [Fact]
    public async Task Host_GetsSigterm_WorkersEndAndTheEnvironmentIsCleanedUp()
    {
        string trace = Path.GetTempFileName();
        using HostProcess host = await HostProcess.StartAsync(Workers, Scripts.WellBehaved, $"echo cleaned >> {trace}");
        int[] started = await host.WaitForProcessesAsync(Workers).DefaultTimeout();

        host.Signal(HostProcess.SigTerm);

        Assert.Equal(128 + HostProcess.SigTerm, await host.WaitForExitAsync());
        Assert.All(started, processId => Assert.False(ProcessProbe.Exists(processId), "It was not reaped before the host ended."));
        Assert.Equal("cleaned\n", await File.ReadAllTextAsync(trace));
        File.Delete(trace);
    }

    [Fact]
    public async Task Host_HandlesSigtermItself_WorkersGoOnUntilItExits()
    {
        string trace = Path.GetTempFileName();
        using HostProcess host = await HostProcess.StartAsync(Workers, Scripts.WellBehaved, $"echo cleaned >> {trace}", mode: "UDF_TEST_HANDLES_TERMINATION");
        int[] started = await host.WaitForProcessesAsync(Workers).DefaultTimeout();

        host.Signal(HostProcess.SigTerm);

        Assert.Equal("handled", await host.ReadLineAsync().DefaultTimeout());
        Assert.All(started, processId => Assert.True(ProcessProbe.IsRunning(processId)));
        host.Return(exitCode: 0);
        Assert.Equal(0, await host.WaitForExitAsync());
        Assert.All(started, processId => Assert.False(ProcessProbe.Exists(processId)));
        Assert.Equal("cleaned\n", await File.ReadAllTextAsync(trace));
        File.Delete(trace);
    }
}
