using System.Buffers.Binary;
using System.Net.Sockets;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>What a channel over a socket promises, in each way that there is: the framework's, and that of Linux with a thread of its own, without, and with one that is waited for only after some looking.</summary>
public sealed class SocketByteChannelTests
{
    public enum Way
    {
        Portable,
        OwnThread,
        SharedThread,
        Polling,
    }

    public static TheoryData<Way> Ways => OperatingSystem.IsLinux() ? [Way.Portable, Way.OwnThread, Way.SharedThread, Way.Polling] : [Way.Portable];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SendAndReceive_LargeInBothDirectionsAtOnce_ArriveAsTheyWere(Way way)
    {
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way, bufferBytes: 8 * 1024);
        byte[] there = Random.Shared.GetItems(Enumerable.Range(0, 256).Select(value => (byte)value).ToArray(), 3_000_001);
        byte[] back = [.. there.Reverse()];

        Task sends = Task.WhenAll(one.SendAsync(there.AsMemory(0, 16), there.AsMemory(16)).AsTask(), other.SendAsync(back.AsMemory(0, 5), back.AsMemory(5)).AsTask());
        byte[][] received = await Task.WhenAll(ReceiveAsync(other, there.Length), ReceiveAsync(one, back.Length)).DefaultTimeout();

        await sends.DefaultTimeout();
        Assert.Equal(there, received[0]);
        Assert.Equal(back, received[1]);
        await CloseAsync(one, other);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ReceiveAsync_CancelledAgainAndAgain_LosesNoByte(Way way)
    {
        int count = Race.Rounds(2_000, 100_000);
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way);
        byte[] number = new byte[4];
        byte[] buffer = new byte[4];
        int cancelled = 0;
        for (int sent = 0; sent < count; sent++)
        {
            using var stop = new CancellationTokenSource();
            ValueTask<int> receive = one.ReceiveAsync(buffer, stop.Token);
            Task cancel = Task.Run(stop.Cancel, CancellationToken.None);
            BinaryPrimitives.WriteInt32LittleEndian(number, sent);
            await other.SendAsync(number, default);
            int filled = 0;
            try
            {
                filled = await receive.DefaultTimeout();
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            await cancel;
            while (filled < buffer.Length)
            {
                filled += await one.ReceiveAsync(buffer.AsMemory(filled), CancellationToken.None).DefaultTimeout();
            }

            Assert.Equal(sent, BinaryPrimitives.ReadInt32LittleEndian(buffer));
        }

        // Otherwise the race was none.
        Assert.InRange(cancelled, 1, count);
        await CloseAsync(one, other);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ReceiveAsync_TokenHasFallen_IsCancelledAtOnce(Way way)
    {
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.ReceiveAsync(new byte[1], new CancellationToken(canceled: true)).AsTask());

        await CloseAsync(one, other);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Abort_EndsWhatBothSidesOfTheChannelWaitFor(Way way)
    {
        for (int round = 0; round < Race.Rounds(200, 5_000); round++)
        {
            (ByteChannel one, ByteChannel other) = await ConnectAsync(way, bufferBytes: 4 * 1024);
            Task receive = one.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();
            Task send = one.SendAsync(new byte[1024 * 1024], default).AsTask();

            one.Abort();

            await Assert.ThrowsAsync<IOException>(() => receive.DefaultTimeout());
            await Assert.ThrowsAsync<IOException>(() => send.DefaultTimeout());
            await Assert.ThrowsAsync<IOException>(() => one.ReceiveAsync(new byte[1], CancellationToken.None).DefaultTimeout());
            await Assert.ThrowsAsync<IOException>(() => one.SendAsync(new byte[1], default).DefaultTimeout());
            await CloseAsync(one, other);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Abort_WhileAReceiveBlocks_IsAnErrorAndNotThePeersEnd(Way way)
    {
        for (int round = 0; round < Race.Rounds(100, 2_000); round++)
        {
            (ByteChannel one, ByteChannel other) = await ConnectAsync(way);
            Task<int> receive = Task.Factory.StartNew(() => one.Receive(new byte[1]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await other.SendAsync(new byte[1], default);
            Assert.Equal(1, await receive.DefaultTimeout());
            receive = Task.Factory.StartNew(() => one.Receive(new byte[1]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

            one.Abort();

            await Assert.ThrowsAsync<IOException>(() => receive.DefaultTimeout());
            await CloseAsync(one, other);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Abort_FromSeveralThreadsWhileBytesCome_EndsTheWaitOnce(Way way)
    {
        await Race.RunAsync(Race.Rounds(200, 5_000), 4, _ =>
        {
            (ByteChannel one, ByteChannel other) = Connect(way);
            return ([
                async () =>
                {
                    try
                    {
                        while (await one.ReceiveAsync(new byte[8], CancellationToken.None) > 0)
                        {
                        }
                    }
                    catch (IOException)
                    {
                    }
                },
                async () =>
                {
                    try
                    {
                        await other.SendAsync(new byte[64], default);
                    }
                    catch (IOException)
                    {
                    }
                },
                () => Task.Run(one.Abort),
                () => one.DisposeAsync().AsTask()],
                () => other.Abort());
        });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Abort_AnotherSocketGetsItsNumber_NoByteOfThatIsTaken(Way way)
    {
        for (int round = 0; round < Race.Rounds(200, 5_000); round++)
        {
            (ByteChannel one, ByteChannel other) = await ConnectAsync(way);
            Task<int> receive = one.ReceiveAsync(new byte[64], CancellationToken.None).AsTask();
            Task abort = Task.Run(one.Abort);
            Thread.SpinWait(round * 37 % 2_000);

            // One of the two has most often the number that has just become free.
            (ByteChannel next, ByteChannel nextPeer) = await ConnectAsync(way);
            await nextPeer.SendAsync(new byte[] { 1, 2, 3 }, default);
            await next.SendAsync(new byte[] { 4, 5, 6 }, default);

            Assert.Equal([1, 2, 3], await ReceiveAsync(next, 3).DefaultTimeout());
            Assert.Equal([4, 5, 6], await ReceiveAsync(nextPeer, 3).DefaultTimeout());
            await abort.DefaultTimeout();
            await Assert.ThrowsAsync<IOException>(() => receive.DefaultTimeout());
            await CloseAsync(one, other);
            await CloseAsync(next, nextPeer);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SendAndReceive_RuntimeStopsTheThreadsMeanwhile_LosesNothing(Way way)
    {
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way);
        using var stop = new CancellationTokenSource();

        // To stop a thread the runtime sends it a signal, which ends what it waits for in the kernel.
        Task collecting = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                }
            },
            CancellationToken.None);
        var echo = new Thread(() =>
        {
            byte[] bytes = new byte[64 * 1024];
            for (int count; (count = other.Receive(bytes)) > 0;)
            {
                other.Send(bytes.AsMemory(0, count), default);
            }
        });
        echo.Start();
        byte[] message = new byte[300_000];
        for (int round = 0; round < Race.Rounds(100, 5_000); round++)
        {
            Random.Shared.NextBytes(message);
            int length = 1 + (round * 7_919 % message.Length);
            Task send = one.SendAsync(message.AsMemory(0, 1), message.AsMemory(1, length - 1)).AsTask();
            byte[] answer = await ReceiveAsync(one, length).DefaultTimeout();
            await send.DefaultTimeout();
            Assert.True(message.AsSpan(0, length).SequenceEqual(answer));
        }

        one.ShutdownSend();
        echo.Join();
        await stop.CancelAsync();
        await collecting.DefaultTimeout();
        await CloseAsync(one, other);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task EndBoth_WhatHasCome_IsReadBeforeTheEnd(Way way)
    {
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way);
        await other.SendAsync(new byte[] { 1, 2, 3 }, default);

        one.EndBoth();

        Assert.Equal([1, 2, 3], await ReceiveAsync(one, 3).DefaultTimeout());
        Assert.Equal(0, await one.ReceiveAsync(new byte[1], CancellationToken.None).DefaultTimeout());
        await Assert.ThrowsAsync<IOException>(() => one.SendAsync(new byte[1], default).DefaultTimeout());
        await CloseAsync(one, other);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ReceiveAsync_PeerIsGoneWhileItWaits_FindsTheEnd(Way way)
    {
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way);
        Task<int> receive = one.ReceiveAsync(new byte[1], CancellationToken.None).AsTask();

        other.Abort();

        Assert.Equal(0, await receive.DefaultTimeout());
        Assert.Equal(0, await one.ReceiveAsync(new byte[1], CancellationToken.None).DefaultTimeout());
        await CloseAsync(one, other);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Send_Blocking_GoesOnWhenThePeerReads(Way way)
    {
        (ByteChannel one, ByteChannel other) = await ConnectAsync(way, bufferBytes: 4 * 1024);
        byte[] body = new byte[1_000_000];
        Random.Shared.NextBytes(body);

        Task send = Task.Run(() => one.Send(new byte[] { 9 }, body));

        Assert.Equal([9, .. body], await ReceiveAsync(other, body.Length + 1).DefaultTimeout());
        await send.DefaultTimeout();
        await CloseAsync(one, other);
    }

    private static (ByteChannel One, ByteChannel Other) Connect(Way way) => Task.Run(() => ConnectAsync(way)).GetAwaiter().GetResult();

    private static async Task<(ByteChannel One, ByteChannel Other)> ConnectAsync(Way way, int bufferBytes = 0)
    {
        (Socket one, Socket other) = await SocketPair.CreateAsync(bufferBytes);
        return (Create(one, way), Create(other, way));
    }

    private static SocketByteChannel Create(Socket socket, Way way)
    {
        var channel = new SocketByteChannel(socket, "peer", isLinux: way != Way.Portable);
        if (way is Way.OwnThread or Way.Polling)
        {
            channel.DedicateReader();
        }

        if (way == Way.Polling)
        {
            channel.SetPolling(TimeSpan.FromMicroseconds(20), TimeProvider.System);
        }

        return channel;
    }

    private static async Task<byte[]> ReceiveAsync(ByteChannel channel, int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int received = await channel.ReceiveAsync(bytes.AsMemory(filled, Math.Min(70_000, count - filled)), CancellationToken.None);
            Assert.NotEqual(0, received);
            filled += received;
        }

        return bytes;
    }

    private static async Task CloseAsync(ByteChannel one, ByteChannel other)
    {
        await one.DisposeAsync();
        await other.DisposeAsync();
    }
}
