using System.Runtime.Versioning;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests;

/// <summary>Looking for an answer before anybody sleeps: what it saves, and where it ends. Only on Linux.</summary>
[SupportedOSPlatform("linux")]
public sealed class SocketPollingTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMicroseconds(100);

    [LinuxFact]
    public async Task Receive_AnswerComesWhileItLooks_WakesNobody()
    {
        var threads = new ReaderThreads(maximum: 1, TimeSpan.FromMilliseconds(1));
        using ReceiverRig rig = await ReceiverRig.StartAsync(threads);
        var clock = new SteppingClock(Step, reading =>
        {
            if (reading == 5)
            {
                rig.Peer.Send([7]);
            }
        });
        rig.Receiver.Polling = new SocketPolling(Limit, clock, new PollingThreads(1));
        byte[] buffer = new byte[1];

        ValueTask<int> receive = rig.Receiver.ReceiveAsync(buffer, CancellationToken.None);

        Assert.True(receive.IsCompletedSuccessfully);
        Assert.Equal(1, await receive);
        Assert.Equal(7, buffer[0]);
        Assert.Equal(0, threads.Count);
    }

    [LinuxFact]
    public async Task Receive_NothingComesInTime_IsWaitedForAsUsual()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        var clock = new SteppingClock(Step);
        rig.Receiver.Polling = new SocketPolling(Limit, clock, new PollingThreads(1));
        for (int round = 1; round <= 100; round++)
        {
            Task<int> receive = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();

            // One reading at the beginning, one for each look.
            Assert.Equal(11 * round, clock.Readings);
            Assert.False(receive.IsCompleted);
            rig.Peer.Send([1]);
            Assert.Equal(1, await receive.DefaultTimeout());
        }
    }

    [LinuxFact]
    public async Task Receive_AsManyPollAsMay_IsWaitedForAtOnce()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        var threads = new PollingThreads(1);
        Assert.True(threads.TryEnter());
        var clock = new SteppingClock(Step);
        rig.Receiver.Polling = new SocketPolling(Limit, clock, threads);

        Task<int> receive = rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();

        Assert.Equal(0, clock.Readings);
        rig.Peer.Send([1]);
        Assert.Equal(1, await receive.DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_TokenFallsWhileItLooks_IsCancelledAndLosesNothing()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        using var stop = new CancellationTokenSource();
        var clock = new SteppingClock(Step, reading =>
        {
            if (reading == 3)
            {
                stop.Cancel();
            }
        });
        rig.Receiver.Polling = new SocketPolling(Limit, clock, new PollingThreads(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Receiver.ReceiveAsync(new byte[1], stop.Token).AsTask().DefaultTimeout());

        Assert.InRange(clock.Readings, 3, 4);
        rig.Peer.Send([1]);
        Assert.Equal(1, await rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None).DefaultTimeout());
    }

    [LinuxFact]
    public async Task Receive_AbortedWhileItLooks_IsAnErrorAndNotThePeersEnd()
    {
        using ReceiverRig rig = await ReceiverRig.StartAsync(maxThreads: 1);
        var clock = new SteppingClock(Step, reading =>
        {
            if (reading == 3)
            {
                rig.Receiver.Abort();
                rig.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
            }
        });
        rig.Receiver.Polling = new SocketPolling(Limit, clock, new PollingThreads(1));

        await Assert.ThrowsAsync<IOException>(async () => await rig.Receiver.ReceiveAsync(new byte[1], CancellationToken.None));
    }

    [LinuxFact]
    public async Task Channel_SetPolling_BlockingReceiveLooksToo()
    {
        (System.Net.Sockets.Socket one, System.Net.Sockets.Socket other) = await SocketPair.CreateAsync();
        await using var channel = new SocketByteChannel(one, "peer");
        await using var peer = new SocketByteChannel(other, "peer");
        var clock = new SteppingClock(Step);
        Task<int> receive = Task.Run(() => channel.Receive(new byte[1]));
        await peer.SendAsync(new byte[1], default);
        Assert.Equal(1, await receive.DefaultTimeout());
        Assert.Equal(0, clock.Readings);

        // Most often it has begun to look when the byte comes; other tests may be in its place sometimes.
        channel.SetPolling(Limit, clock);
        for (int round = 0; round < 1_000 && clock.Readings == 0; round++)
        {
            receive = Task.Run(() => channel.Receive(new byte[1]));
            await Task.Yield();
            await peer.SendAsync(new byte[1], default);
            Assert.Equal(1, await receive.DefaultTimeout());
        }

        Assert.Equal(Environment.ProcessorCount > 1, clock.Readings > 0);
    }

    [Fact]
    public async Task Threads_MoreThanMay_NeverPollAtOnce()
    {
        const int Most = 2;
        var threads = new PollingThreads(Most);
        int inside = 0;
        int refused = 0;
        await Race.RunAsync(Race.Rounds(1_000, 50_000), 4, _ => ([Enter, Enter, Enter, Enter], () => Assert.Equal(0, inside)));
        Assert.True(threads.TryEnter());
        Assert.True(threads.TryEnter());
        Assert.False(threads.TryEnter());

        Task Enter()
        {
            if (!threads.TryEnter())
            {
                Interlocked.Increment(ref refused);
                return Task.CompletedTask;
            }

            Assert.InRange(Interlocked.Increment(ref inside), 1, Most);
            Thread.SpinWait(50);
            Interlocked.Decrement(ref inside);
            threads.Leave();
            return Task.CompletedTask;
        }
    }
}
