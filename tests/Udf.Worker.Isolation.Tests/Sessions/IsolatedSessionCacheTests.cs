using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Udf.Worker.Isolation.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

public sealed class IsolatedSessionCacheTests : IDisposable
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("udf-sessions-").FullName;
    private readonly ManualTimeProvider _clock = new();
    private readonly ListLoggerFactory _logs = new();
    private Action<string>? _onDispose;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ObtainAsync_Twice_GivesTheSameInstance()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(2);
        IsolatedSession<TrackedContent> first = await cache.ObtainAsync("a");
        IsolatedSession<TrackedContent> second = await cache.ObtainAsync("a");
        Assert.Same(first, second);
        cache.Release(first);
        cache.Release(second);
        Assert.True(first.Content.IsUsable);
        Assert.Same(first, await cache.ObtainAsync("a"));
        cache.Release(first);
    }

    [Fact]
    public async Task ObtainAsync_BeyondTheLimit_CleansUpTheOneThatWasUsedLongestAgo()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(2);
        IsolatedSession<TrackedContent> a = await UseAsync(cache, "a");
        IsolatedSession<TrackedContent> b = await UseAsync(cache, "b");
        await UseAsync(cache, "a");
        IsolatedSession<TrackedContent> c = await UseAsync(cache, "c");
        Assert.True(b.Gone.IsCompleted);
        Assert.False(b.Content.IsUsable);
        Assert.True(a.Content.IsUsable);
        Assert.True(c.Content.IsUsable);
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task ObtainAsync_OfAnEvictedSessionInUse_GivesTheSameInstanceBack_AndEvictsAnother()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(1);
        IsolatedSession<TrackedContent> a = await cache.ObtainAsync("a");
        IsolatedSession<TrackedContent> b = await cache.ObtainAsync("b");
        Assert.True(a.State.IsEvicted);
        Assert.Equal(2, cache.Count);

        Assert.Same(a, await cache.ObtainAsync("a"));
        Assert.False(a.State.IsEvicted);
        Assert.True(b.State.IsEvicted);
        cache.Release(b);
        Assert.True(b.Gone.IsCompleted);

        // No longer evicted: its last release keeps it.
        cache.Release(a);
        cache.Release(a);
        Assert.True(a.Content.IsUsable);
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public async Task Release_OfAnEvictedSession_CleansItUpWithTheLastUser()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(1);
        IsolatedSession<TrackedContent> a = await cache.ObtainAsync("a");
        await cache.ObtainAsync("a");
        Assert.True(cache.Evict("a"));
        Assert.False(cache.Evict("a"));
        cache.Release(a);
        Assert.True(a.Content.IsUsable);
        cache.Release(a);
        Assert.True(a.Gone.IsCompleted);
        Assert.Equal(1, a.Content.DisposalCount);
        Assert.Equal(0, cache.Count);
        Assert.False(cache.Evict("a"));
    }

    [Fact]
    public async Task ObtainAsync_DuringACleanUp_WaitsForItsEnd_AndGetsANewInstance()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(1);
        IsolatedSession<TrackedContent> first = await UseAsync(cache, "a");
        SyncPoint cleanUp = new();
        _onDispose = _ => cleanUp.Hold();
        Task evicting = Task.Run(() => cache.Evict("a"));
        await cleanUp.Reached.DefaultTimeout();

        ValueTask<IsolatedSession<TrackedContent>> pending = cache.ObtainAsync("a");
        Assert.False(pending.IsCompleted);
        Assert.Equal(1, cache.Count);

        // Others do not wait for it.
        cache.Release(await cache.ObtainAsync("b"));

        _onDispose = null;
        cleanUp.Continue();
        await evicting.DefaultTimeout();
        IsolatedSession<TrackedContent> second = await pending.DefaultTimeout();
        Assert.NotSame(first, second);
        Assert.True(second.Content.IsUsable);
        cache.Release(second);
    }

    [Fact]
    public async Task ObtainAsync_CancelledWhileItWaits_LeavesNothingAcquired()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(1);
        await UseAsync(cache, "a");
        SyncPoint cleanUp = new();
        _onDispose = _ => cleanUp.Hold();
        Task evicting = Task.Run(() => cache.Evict("a"));
        await cleanUp.Reached.DefaultTimeout();
        using CancellationTokenSource cancellation = new();
        ValueTask<IsolatedSession<TrackedContent>> pending = cache.ObtainAsync("a", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.DefaultTimeout());
        cleanUp.Continue();
        await evicting.DefaultTimeout();
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Idle_ForTheTimeout_IsCleanedUp_CountedFromTheLastRelease()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(4);
        IsolatedSession<TrackedContent> a = await UseAsync(cache, "a");
        _clock.Advance(IdleTimeout / 2);
        IsolatedSession<TrackedContent> b = await UseAsync(cache, "b");
        IsolatedSession<TrackedContent> inUse = await cache.ObtainAsync("c");
        _clock.Advance(IdleTimeout / 2);
        Assert.True(a.Gone.IsCompleted);
        Assert.False(b.Gone.IsCompleted);
        _clock.Advance(IdleTimeout / 2);
        Assert.True(b.Gone.IsCompleted);

        // In use it never becomes idle; its time begins with its release.
        _clock.Advance(IdleTimeout * 3);
        Assert.True(inUse.Content.IsUsable);
        cache.Release(inUse);
        _clock.Advance(IdleTimeout - TimeSpan.FromTicks(1));
        Assert.True(inUse.Content.IsUsable);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(inUse.Gone.IsCompleted);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task CleanUp_ThatThrows_IsLogged_AndFreesTheId()
    {
        await using IsolatedSessionCache<TrackedContent> cache = Create(1);
        IsolatedSession<TrackedContent> first = await UseAsync(cache, "a");
        _onDispose = _ =>
        {
            _onDispose = null;
            File.Delete(Path.Combine(_directory, "a"));
            throw new IOException("busy");
        };
        Assert.True(cache.Evict("a"));
        Assert.Contains(_logs.Of(LogLevel.Warning), entry => entry.Id.Id == 603 && entry.Exception is IOException);
        Assert.NotSame(first, await UseAsync(cache, "a"));
    }

    [Fact]
    public async Task ObtainAsync_WhenTheContentCannotBeMade_LeavesNothing()
    {
        bool fails = true;
        await using IsolatedSessionCache<TrackedContent> cache = new(
            id => fails ? throw new IOException("full") : new TrackedContent(_directory, id), 1, IdleTimeout, _clock, _logs.CreateLogger("test"));
        await Assert.ThrowsAsync<IOException>(async () => await cache.ObtainAsync("a"));
        Assert.Equal(0, cache.Count);
        fails = false;
        Assert.True((await UseAsync(cache, "a")).Content.IsUsable);
    }

    [Fact]
    public async Task DisposeAsync_WaitsForTheLastRelease_AndCleansEverythingUp()
    {
        IsolatedSessionCache<TrackedContent> cache = Create(4);
        IsolatedSession<TrackedContent> inUse = await cache.ObtainAsync("a");
        IsolatedSession<TrackedContent> idle = await UseAsync(cache, "b");
        Task disposal = cache.DisposeAsync().AsTask();
        Assert.True(idle.Gone.IsCompleted);
        Assert.False(disposal.IsCompleted);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await cache.ObtainAsync("a"));
        cache.Release(inUse);
        await disposal.DefaultTimeout();
        Assert.False(inUse.Content.IsUsable);
        Assert.Equal(0, cache.Count);
        await cache.DisposeAsync();
    }

    /// <summary>8 threads want more sessions than the cache keeps. None may ever see one that is cleaned up, and no second one of an id may begin before the first has ended.</summary>
    [Fact]
    public async Task ObtainAsync_From8ThreadsWithRoomForOne_NeverGivesACleanedUpSession()
    {
        const int Threads = 8;
        const int Obtains = 10_000;
        ConcurrentQueue<TrackedContent> contents = new();
        await using IsolatedSessionCache<TrackedContent> cache = new(
            id =>
            {
                TrackedContent content = new(_directory, id);
                contents.Enqueue(content);
                return content;
            },
            1, IdleTimeout, TimeProvider.System, _logs.CreateLogger("test"));
        int unusable = 0;
        int shared = 0;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(Work, thread, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap())).DefaultTimeout();

        Assert.Equal(0, unusable);
        Assert.Equal(1, cache.Count);
        Assert.True(contents.Count > Threads, "Nothing was ever evicted.");
        Assert.True(shared > 0, "No two executions ever met in one session.");
        Assert.Empty(_logs.Of(LogLevel.Warning));
        await cache.DisposeAsync();
        Assert.All(contents, content => Assert.Equal(1, content.DisposalCount));
        Assert.Empty(Directory.GetFiles(_directory));

        async Task Work(object? seed)
        {
            Random random = new((int)seed!);
            for (int count = Obtains / Threads; count > 0; count--)
            {
                IsolatedSession<TrackedContent> session = await cache.ObtainAsync(random.Next(4).ToString());
                if (session.State.UserCount > 1)
                {
                    Interlocked.Increment(ref shared);
                }

                for (int look = random.Next(4); look >= 0; look--)
                {
                    if (!session.Content.IsUsable)
                    {
                        Interlocked.Increment(ref unusable);
                    }

                    Thread.Yield();
                }

                cache.Release(session);
            }
        }
    }

    private static async Task<IsolatedSession<TrackedContent>> UseAsync(IsolatedSessionCache<TrackedContent> cache, string id)
    {
        IsolatedSession<TrackedContent> session = await cache.ObtainAsync(id);
        cache.Release(session);
        return session;
    }

    private IsolatedSessionCache<TrackedContent> Create(int maximumCount) => new(
        id => new TrackedContent(_directory, id, () => _onDispose?.Invoke(id)), maximumCount, IdleTimeout, _clock, _logs.CreateLogger("test"));
}
