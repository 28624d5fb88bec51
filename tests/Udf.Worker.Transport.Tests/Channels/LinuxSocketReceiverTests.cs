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
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        rig.Receiver.ContinuesInline = true;
        var continuedOn = new TaskCompletionSource<string?>();
        Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () => continuedOn.SetResult(Thread.CurrentThread.Name));

        rig.Peer.Send([1]);

        Assert.Equal("udf-reader", await continuedOn.Task.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_NotInline_LeavesTheReadersThread()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        var continuedOn = new TaskCompletionSource<string?>();
        Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () => continuedOn.SetResult(Thread.CurrentThread.Name));

        rig.Peer.Send([1]);

        Assert.NotEqual("udf-reader", await continuedOn.Task.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_InlineContinuationBlocks_IsServedWithoutThatThreadOnceInlineIsTakenBack()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
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
    public async Task Receive_ReaderIsHeldByAnEarlierOwnersCode_IsServedThoughTheNextOwnerIsInlineToo()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        rig.Receiver.ContinuesInline = true;
        using var release = new ManualResetEventSlim();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () =>
        {
            held.SetResult();
            release.Wait(TimeSpan.FromSeconds(30));
        });
        rig.Peer.Send([1]);
        await held.Task.DefaultTimeout();

        // As a connection that goes from one session to the next.
        rig.Receiver.ContinuesInline = false;
        rig.Receiver.ContinuesInline = true;
        byte[] buffer = new byte[1];
        for (byte value = 2; value < 100; value++)
        {
            Task<int> next = rig.Receiver.ReceiveAsync(buffer, CancellationToken.None).AsTask();
            Assert.False(next.IsCompleted);
            rig.Peer.Send([value]);
            Assert.Equal(1, await next.DefaultTimeout());
            Assert.Equal(value, buffer[0]);
        }

        release.Set();
    }

    [LinuxFact]
    public async Task Receive_OwnersFollowEachOtherWhileCodeOfEarlierOnesStillRuns_EveryByteArrivesOnceAndInOrder()
    {
        var threads = new ReaderThreads(maximum: 2, Idle);
        using ReceiverRig rig = await ReceiverRig.StartAsync(threads);
        int owners = Race.Rounds(1_000, 50_000);
        var random = new Random(5);
        byte[] buffer = new byte[1];
        byte expected = 0;
        Task sending = Task.Run(() =>
        {
            byte[] value = new byte[1];
            for (int index = 0; index < owners * 4; index++, value[0]++)
            {
                rig.Peer.Send(value);
                Thread.SpinWait(index * 7919 % 2_000);
            }
        });
        for (int owner = 0; owner < owners; owner++)
        {
            rig.Receiver.ContinuesInline = owner % 3 != 0;
            int lingers = random.Next(3_000);
            for (int index = 0; index < 4; index++)
            {
                var taken = new TaskCompletionSource<int>(index % 2 == 0 ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
                Task<int> answer = ReceiveAsync(rig.Receiver, buffer, taken, lingers);
                Assert.Equal(1, await taken.Task.DefaultTimeout());
                Assert.Equal(expected++, buffer[0]);
                GC.KeepAlive(answer);
            }

            rig.Receiver.ContinuesInline = false;
        }

        await sending.DefaultTimeout();

        static async Task<int> ReceiveAsync(LinuxSocketReceiver receiver, byte[] buffer, TaskCompletionSource<int> taken, int lingers)
        {
            int count = await receiver.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false);

            // Who waits for this is told while the thread that has brought it is still held here.
            taken.SetResult(count);
            Thread.SpinWait(lingers);
            return count;
        }
    }

    [LinuxFact]
    public async Task Receive_AbortedWhileItsOwnContinuationRuns_LetsTheThreadGo()
    {
        for (int round = 0; round < Race.Rounds(300, 10_000); round++)
        {
            var threads = new ReaderThreads(maximum: 1, Idle);
            ReceiverRig rig = await ReceiverRig.StartAsync(threads);
            rig.Receiver.ContinuesInline = true;
            var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Wait(rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None), () =>
            {
                rig.Dispose();
                disposed.SetResult();
            });

            rig.Peer.Send([1]);

            await disposed.Task.DefaultTimeout();
            Assert.Throws<IOException>(() => { _ = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None); });
            await UntilAsync(() => threads.Count == 0);
        }
    }

    [LinuxFact]
    public async Task Receive_NoThreadIsToBeHad_IsServedAllTheSame()
    {
        var threads = new ReaderThreads(maximum: 1, Idle);
        using ReceiverRig first = await ReceiverRig.StartAsync(threads);
        using ReceiverRig second = await ReceiverRig.StartAsync(threads);
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
        using ReceiverRig rig = await ReceiverRig.StartAsync(threads);
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
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        Task<int> first = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();

        Assert.Throws<InvalidOperationException>(() => { _ = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None); });

        rig.Peer.Send([1]);
        Assert.Equal(1, await first.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Threads_ManyConnections_AreBoundedAndEndWhenNobodyNeedsThem()
    {
        var threads = new ReaderThreads(maximum: 3, Idle);
        ReceiverRig[] rigs = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ReceiverRig.StartAsync(threads)));
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
}
