using System.Runtime.CompilerServices;
using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Isolation.Functions;
using Udf.Worker.Isolation.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

[Collection(Alone.Name)]
public sealed class UnloadingTests : SessionTest
{
    [Fact]
    public async Task Eviction_LetsTheLoadContextGo()
    {
        Options.MaximumSessionCount = 1;
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "\"ran\"");
        ArtifactSession session = await SessionAsync("s", function);
        WeakReference context = await RunAndWatchAsync(session.Artifacts, function.Payload());
        Collect(() => context.IsAlive, attempts: 3);
        Assert.True(context.IsAlive);
        await RunAsync((await SessionAsync("other", function)).Artifacts, function.Payload());
        Collect(() => context.IsAlive);
        Assert.False(context.IsAlive);
    }

    [Fact]
    public async Task Eviction_OfAFunctionWithState_LetsTheLoadContextGo()
    {
        Options.MaximumSessionCount = 1;
        Options.LoadOrder = AssemblyLoadOrder.OwnFirst;
        UdfPayload payload = UdfPayload.FromDelegate(ShippedLambdas.Price(new Tariff { Rate = 2, Currency = "EUR" }, [1], null));
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await payload.AddToAsync(session);
        WeakReference context = await RunAndWatchAsync(session.Artifacts, payload.Payload, "10");
        TestAssembly other = TestAssembly.Function("Fn", "1.0.0.0", "\"ran\"");
        await RunAsync((await SessionAsync("other", other)).Artifacts, other.Payload());
        Collect(() => context.IsAlive);
        Assert.False(context.IsAlive);
    }

    [Fact]
    public async Task Eviction_UnderAnExecution_WaitsForItsEnd()
    {
        Options.MaximumSessionCount = 1;
        TestAssembly library = TestAssembly.Compile("Library", "1.0.0.0", "public static class Library { public static string Say() => \"library\"; }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Library.Say()", library);
        ArtifactSession session = await SessionAsync("s", function, library);
        (WeakReference context, UdfFunctionLease lease) = await BeginAndWatchAsync(session.Artifacts, function.Payload());
        await RunAsync((await SessionAsync("other", function, library)).Artifacts, function.Payload());

        // Evicted by now, and yet it loads what it has not loaded so far.
        Assert.Equal("library", await ProcessAsync(lease, ""));
        await lease.DisposeAsync();
        Assert.Equal(1, Sessions.Count);
        lease = null!;
        Collect(() => context.IsAlive);
        Assert.False(context.IsAlive);
    }

    [Fact]
    public async Task IdleSessions_AreUnloadedByTheClock()
    {
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "\"ran\"");
        ArtifactSession session = await SessionAsync("s", function);
        await RunAsync(session.Artifacts, function.Payload());
        Assert.Equal(1, Sessions.Count);
        Clock.Advance(Options.IdleTimeout);
        Assert.Equal(0, Sessions.Count);
        Assert.Equal("ran", await RunAsync(session.Artifacts, function.Payload()));
    }

    /// <summary>8 threads, more sessions than places, real assemblies: each execution gets the answer of its own session's version, whatever is evicted meanwhile.</summary>
    [Fact]
    public async Task ManyThreads_WithRoomForOneSession_AlwaysRunTheirOwnCode()
    {
        const int Threads = 8;
        Options.MaximumSessionCount = 1;
        Options.TimeProvider = TimeProvider.System;
        int executions = Race.Rounds(400, 10_000);
        TestAssembly library = TestAssembly.Compile("Library", "1.0.0.0", "public static class Library { public static string Say(string text) => text; }");
        (ArtifactSet Set, WorkerPayload Payload)[] sessions = await Task.WhenAll(Enumerable.Range(0, 4).Select(async index =>
        {
            TestAssembly function = TestAssembly.Function("Fn", $"{index + 1}.0.0.0", $"Library.Say(text) + \" {index}\"", library);
            return ((await SessionAsync($"s{index}", function, library)).Artifacts, function.Payload());
        }));
        _ = Sessions;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            Random random = new(thread);
            for (int count = executions / Threads; count > 0; count--)
            {
                int index = random.Next(sessions.Length);
                Assert.Equal($"{count} {index}", await RunAsync(sessions[index].Set, sessions[index].Payload, $"{count}"));
            }
        })));
        Assert.Equal(1, Sessions.Count);
        Assert.DoesNotContain(Logs.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    /// <summary>A thousand sessions with a thousand assemblies (<c>UDF_STRESS=full</c>): nothing of the old ones stays.</summary>
    [Fact]
    public async Task ManySessions_OneAfterTheOther_LeaveContextsAndDescriptorsFlat()
    {
        Options.MaximumSessionCount = 4;
        int count = Race.Rounds(60, 1_000);
        List<WeakReference> contexts = [];
        int descriptors = 0;
        long memory = 0;
        for (int index = 0; index < count; index++)
        {
            TestAssembly function = TestAssembly.Function($"Fn{index}", "1.0.0.0", $"{index}");
            ArtifactSession session = await SessionAsync($"s{index}", function);
            contexts.Add(await RunAndWatchAsync(session.Artifacts, function.Payload()));
            await session.DisposeAsync();
            if (index == count / 2)
            {
                Collect(() => contexts.Count(context => context.IsAlive) > Options.MaximumSessionCount);
                descriptors = Directory.GetFiles("/proc/self/fd").Length;
                memory = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Collect(() => contexts.Count(context => context.IsAlive) > Options.MaximumSessionCount);
        Assert.InRange(contexts.Count(context => context.IsAlive), 1, Options.MaximumSessionCount);
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + 10);

        // The compiler that makes the assemblies has caches of its own; a session's code would be several times that much.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, memory + (20L << 20));
        Assert.Equal(Options.MaximumSessionCount, Sessions.Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> RunAndWatchAsync(ArtifactSet artifacts, WorkerPayload payload, string batch = "")
    {
        (WeakReference context, UdfFunctionLease lease) = await BeginAndWatchAsync(artifacts, payload);
        await using (lease)
        {
            await ProcessAsync(lease, batch);
        }

        return context;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(WeakReference Context, UdfFunctionLease Lease)> BeginAndWatchAsync(ArtifactSet artifacts, WorkerPayload payload)
    {
        UdfFunctionLease lease = await BeginAsync(artifacts, payload);
        return (await WatchAsync(artifacts), lease);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> WatchAsync(ArtifactSet artifacts)
    {
        IsolatedSession<SessionContent> session = await Sessions.Cache.ObtainAsync(artifacts.SessionId);
        WeakReference context = new(session.Content.Context);
        Sessions.Cache.Release(session);
        return context;
    }

    // A collectible context goes in several collections: its types first, then what held them.
    private static void Collect(Func<bool> goesOn, int attempts = 50)
    {
        for (int attempt = 0; attempt < attempts && goesOn(); attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
