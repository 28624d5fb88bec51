using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>After everything that can go wrong with a process: as many descriptors, children and zombies as before.</summary>
[Collection(LeakCollection.Name)]
public sealed class LeakTests
{
    [Theory]
    [InlineData("touch \"$4\"; read -r _")]
    [InlineData("trap '' TERM; touch \"$4\"; exec sleep 300")]
    [InlineData("exit 3")]
    [InlineData("sleep 300 & touch \"$4\"; exit 0")]
    [InlineData("setsid sleep 300 & touch \"$4\"; read -r _")]
    [InlineData("exec 0<&- 1>&- 2>&-; touch \"$4\"; exec sleep 300")]
    [InlineData("kill -SEGV $$")]
    public async Task Sessions_Many_LeaveNothing(string script)
    {
        // Whatever is made once is made now: the warden, the signal pipe, what is compiled.
        await RunAsync(script, sessions: 2);
        (int descriptors, int ofHost) = (CountDescriptors(), ProcessProbe.OfHost(System.Environment.ProcessId).Length);

        await RunAsync(script, sessions: 8);

        while (CountDescriptors() > descriptors || ProcessProbe.OfHost(System.Environment.ProcessId).Length > ofHost)
        {
            // A read that was pending ends on the pool.
            await Task.Yield();
            GC.Collect();
        }

        Assert.Empty(ProcessProbe.ZombiesOf(System.Environment.ProcessId));
        Assert.Single(ProcessProbe.WardensOf(System.Environment.ProcessId));
    }

    [Fact]
    public async Task Worker_FloodsBothOutputs_MemoryStaysBoundedAndOthersGoOn()
    {
        const int Flood = 24;
        await using var dispatcher = new FakeDispatcher(Scripts.Worker($"head -c {Flood}m /dev/zero | tr '\\0' x >&2 & yes | head -c {Flood}m; wait; touch \"$4\"; read -r _"));
        await using var other = new FakeDispatcher(Scripts.Worker());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Task<FakeSession> flooded = dispatcher.CreateSessionAsync().AsTask();

        int sessions = 0;
        while (!flooded.IsCompleted)
        {
            FakeSession session = await other.CreateSessionAsync().DefaultTimeout();
            await session.CloseAsync().DefaultTimeout();
            sessions++;
        }

        await using FakeSession survivor = await flooded.DefaultTimeout();
        Assert.True(sessions > 0);
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(held, long.MinValue, 8 * 1024 * 1024);
    }

    private static async Task RunAsync(string script, int sessions)
    {
        var dispatcher = new FakeDispatcher(Scripts.Worker(script).WithGracefulTerminationTimeout(TimeSpan.FromMilliseconds(50)));
        await Task.WhenAll(Enumerable.Range(0, sessions).Select(async _ =>
        {
            try
            {
                FakeSession session = await dispatcher.CreateSessionAsync();
                await session.CloseAsync();
            }
            catch (WorkerStartException)
            {
                // What the script is for.
            }
        })).DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();
        Assert.Equal(0, dispatcher.WorkerCount);
    }

    private static int CountDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
