using System.Net.Sockets;
using System.Runtime.Versioning;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests;

/// <summary>Who takes what a socket receives, and on which thread its reader goes on. Only on Linux.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxSocketReceiverTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(1);

    [LinuxFact]
    public async Task Receive_ContinuesInline_GoesOnOnTheThreadThatReceived()
    {
        using Rig rig = await Rig.StartAsync(maxThreads: 1);
        rig.Receiver.ContinuesInline = true;
        var continuedOn = new TaskCompletionSource<string?>();
        Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () => continuedOn.SetResult(Thread.CurrentThread.Name));

        rig.Peer.Send([1]);

        Assert.Equal("udf-reader", await continuedOn.Task.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_NotInline_LeavesTheReadersThread()
    {
        using Rig rig = await Rig.StartAsync(maxThreads: 1);
        var continuedOn = new TaskCompletionSource<string?>();
        Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () => continuedOn.SetResult(Thread.CurrentThread.Name));

        rig.Peer.Send([1]);

        Assert.NotEqual("udf-reader", await continuedOn.Task.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_InlineContinuationBlocks_IsServedWithoutThatThreadOnceInlineIsTakenBack()
    {
        using Rig rig = await Rig.StartAsync(maxThreads: 1);
        rig.Receiver.ContinuesInline = true;
        using var release = new ManualResetEventSlim();
        var next = new TaskCompletionSource<Task<int>>();
        byte[] buffer = new byte[1];
        Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () =>
        {
            // As a session's reader does that asks for the next batch and then never comes back.
            next.SetResult(rig.Receiver.ReceiveAsync(buffer, CancellationToken.None).AsTask());
            release.Wait(TimeSpan.FromSeconds(30));
        });
        rig.Peer.Send([1]);
        Task<int> pending = await next.Task.DefaultTimeout();
        rig.Peer.Send([2]);
        Assert.False(pending.IsCompleted);

        rig.Receiver.ContinuesInline = false;

        Assert.Equal(1, await pending.DefaultTimeout());
        Assert.Equal(2, buffer[0]);
        release.Set();
    }

    [LinuxFact]
    public async Task Receive_NoThreadIsToBeHad_IsServedAllTheSame()
    {
        var threads = new ReaderThreads(maximum: 1, Idle);
        using Rig first = await Rig.StartAsync(threads);
        using Rig second = await Rig.StartAsync(threads);
        Task<int> held = first.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();
        for (int round = 0; round < 100; round++)
        {
            Task<int> other = second.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();
            second.Peer.Send([1]);
            Assert.Equal(1, await other.DefaultTimeout());
        }

        Assert.Equal(1, threads.Count);
        first.Peer.Send([1]);
        Assert.Equal(1, await held.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_BytesThatNobodyAsksFor_StayInTheKernelAndTheThreadLeaves()
    {
        var threads = new ReaderThreads(maximum: 4, Idle);
        using Rig rig = await Rig.StartAsync(threads);
        rig.Peer.Send([1]);
        Task<int> receive = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();
        Assert.Equal(1, await receive.DefaultTimeout());
        Task<int> waiting = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();
        rig.Peer.Send([2, 3]);
        Assert.Equal(1, await waiting.DefaultTimeout());

        await UntilAsync(() => threads.Count == 0);

        Assert.Equal(1, rig.Socket.Available);
        Assert.Equal(1, await rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_WhileAnotherWaits_IsRefused()
    {
        using Rig rig = await Rig.StartAsync(maxThreads: 1);
        Task<int> first = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();

        Assert.Throws<InvalidOperationException>(() => { _ = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None); });

        rig.Peer.Send([1]);
        Assert.Equal(1, await first.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Threads_ManyConnections_AreBoundedAndEndWhenNobodyNeedsThem()
    {
        var threads = new ReaderThreads(maximum: 3, Idle);
        Rig[] rigs = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Rig.StartAsync(threads)));
        for (int round = 0; round < 20; round++)
        {
            Task<int>[] receives = [.. rigs.Select(rig => rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask())];
            Assert.InRange(threads.Count, 1, 3);
            Assert.All(rigs, rig => rig.Peer.Send([1]));
            await Task.WhenAll(receives).DefaultTimeout();
        }

        Assert.All(rigs, rig => rig.Dispose());
        await UntilAsync(() => threads.Count == 0);
    }

    private static void Wait(ValueTask<int> receive, Action continuation)
    {
        // As an asynchronous method does: the continuation runs where the result is set.
        System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter awaiter = receive.ConfigureAwait(false).GetAwaiter();
        Assert.False(awaiter.IsCompleted);
        awaiter.UnsafeOnCompleted(continuation);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), "It did not happen within 30 s.");
            await Task.Yield();
        }
    }

    private sealed class Rig(Socket socket, Socket peer, ReaderThreads threads) : IDisposable
    {
        public Socket Socket => socket;

        public Socket Peer => peer;

        public LinuxSocketReceiver Receiver { get; } = new(socket.SafeHandle, "peer", threads) { HasOwnThread = true };

        public static Task<Rig> StartAsync(int maxThreads) => StartAsync(new ReaderThreads(maxThreads, Idle));

        public static async Task<Rig> StartAsync(ReaderThreads threads)
        {
            (Socket one, Socket other) = await SocketPair.CreateAsync();
            return new Rig(one, other, threads);
        }

        public void Dispose()
        {
            Receiver.Abort();
            peer.Dispose();
            socket.Shutdown(SocketShutdown.Both);
            socket.Dispose();
        }
    }
}
