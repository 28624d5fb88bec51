using System.Text;
using Udf.Worker.Artifacts;
using Udf.Worker.Direct;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds;
using Xunit.Abstractions;

namespace Udf.Worker.Isolation.Tests;

/// <summary>A worker process that serves for long.</summary>
public sealed class ManyAssembliesTests(ITestOutputHelper output) : SessionTest
{
    private const int SessionCount = 1_000;
    private const int WarmUpCount = 200;
    private const int KeptCount = 4;

    private static readonly (string Name, string Answer) Pattern = ("Fn_00000", "answer_00000");

    /// <summary>1,000 sessions with 1,000 different assemblies, one after the other through one worker: what it holds after 200 of them is what it holds after all.</summary>
    [Fact]
    public async Task AThousandSessions_WithAnAssemblyEach_LeaveAWorkersMemoryAndDescriptorsFlat()
    {
        // Weighty enough for what stays to be seen: 800 of them are 200 MiB.
        TestAssembly pattern = TestAssembly.Compile(
            Pattern.Name, "1.0.0.0", TestAssembly.FunctionSource($"\"{Pattern.Answer}\""), TestAssembly.PlatformReferences, "", ("ballast", new byte[256 << 10]));
        await using UdsWorkerDispatcher dispatcher = PooledWorker.CreateDispatcher();
        Holdings warm = default;
        for (int index = 1; index <= SessionCount; index++)
        {
            TestAssembly assembly = VariantOf(pattern, index);
            ArtifactSession session = await SessionAsync($"s{index}", assembly);
            await using (WorkerSession execution = await PooledWorker.StartAsync(dispatcher, session, assembly.Payload()))
            {
                Assert.Equal($"answer_{index:D5}", await PooledWorker.RunAsync(execution, ""));
            }

            await session.DisposeAsync();
            if (index == WarmUpCount)
            {
                warm = await HoldingsAsync(dispatcher);
            }
        }

        Holdings after = await HoldingsAsync(dispatcher);
        output.WriteLine($"after {WarmUpCount}: {warm}; after {SessionCount}: {after}");
        WorkerPoolStatistics pool = Assert.Single(dispatcher.GetStatistics());
        Assert.Equal(1, pool.StartedCount);
        Assert.InRange(after.Contexts, 1, KeptCount);
        Assert.InRange(after.Descriptors, 1, warm.Descriptors + 4);
        Assert.InRange(after.ManagedBytes, 1, warm.ManagedBytes + (1L << 20));
        Assert.InRange(after.OwnBytes, 1, warm.OwnBytes + (16L << 20));
    }

    // Another name and another answer of the same length, so that nothing has to be compiled a thousand times.
    private static TestAssembly VariantOf(TestAssembly pattern, int index)
    {
        byte[] bytes = [.. pattern.Bytes];
        string name = $"Fn_{index:D5}";
        Assert.True(Replace(bytes, Encoding.UTF8, Pattern.Name, name) > 0);
        Assert.True(Replace(bytes, Encoding.Unicode, Pattern.Answer, $"answer_{index:D5}") > 0);
        return pattern with { Name = name, Bytes = bytes };
    }

    private static int Replace(byte[] bytes, Encoding encoding, string before, string after)
    {
        byte[] wanted = encoding.GetBytes(before);
        int count = 0;
        for (int start = 0, found; (found = bytes.AsSpan(start).IndexOf(wanted)) >= 0; start += found + wanted.Length, count++)
        {
            encoding.GetBytes(after).CopyTo(bytes, start + found);
        }

        return count;
    }

    private static async Task<Holdings> HoldingsAsync(WorkerDispatcher dispatcher)
    {
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await session.InitAsync(new WorkerInit(new WorkerPayload("test.holdings"))).DefaultTimeout();
        long[] numbers = [.. (await PooledWorker.RunAsync(session, "")).Split(' ').Select(long.Parse)];
        return new Holdings(numbers[0], numbers[1], numbers[2], numbers[3] << 10);
    }

    private readonly record struct Holdings(long Contexts, long ManagedBytes, long Descriptors, long OwnBytes);
}
