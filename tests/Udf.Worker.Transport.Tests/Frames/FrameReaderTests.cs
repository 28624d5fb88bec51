using System.Net;
using System.Net.Sockets;
using Udf.Worker.Protocol;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Frames;

public class FrameReaderTests
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receive_FramesOfAllSizesInOddPieces_GivesThemInOrder(bool blocking)
    {
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using FrameReader reader = CreateReader(channel);
        int[] sizes = [0, 1, 15, 16, 17, 1000, 65_519, 65_520, 65_521, 70_000, 1_000_000, 3];
        byte[] bytes = [.. sizes.SelectMany(size => Wire.Batch(Wire.Pattern(size, size)))];

        Task writing = Task.Run(async () =>
        {
            foreach (byte[] piece in bytes.Chunk(4_999))
            {
                await peer.WriteAsync(piece);
            }

            peer.Dispose();
        });
        foreach (int size in sizes)
        {
            ReceivedFrame frame = await ReceiveAsync(reader, blocking);
            Assert.Equal(FrameKind.Data, frame.Kind);
            Assert.Equal(Wire.Pattern(size, size), frame.Buffer!.Memory.ToArray());
            frame.Buffer.Dispose();
        }

        Assert.Equal(FrameKind.End, (await ReceiveAsync(reader, blocking)).Kind);
        Assert.Equal(FrameKind.End, (await ReceiveAsync(reader, blocking)).Kind);
        await writing.DefaultTimeout();
        await channel.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receive_PeerClosesInsideAFrame_IsTorn(bool blocking)
    {
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using FrameReader reader = CreateReader(channel);
        await peer.WriteAsync(Wire.Batch(new byte[100_000]).AsMemory(0, 50_000));
        peer.Dispose();

        ReceivedFrame frame = await ReceiveAsync(reader, blocking);

        Assert.Equal(FrameKind.Broken, frame.Kind);
        Assert.Contains("50016 bytes before its end", frame.Fault!.Message, StringComparison.Ordinal);
        await channel.DisposeAsync();
    }

    [Fact]
    public async Task ReceiveAsync_WaitIsCancelledAgainAndAgain_GoesOnInTheMiddle()
    {
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using FrameReader reader = CreateReader(channel);
        byte[] payload = Wire.Pattern(200_000);
        byte[] bytes = Wire.Batch(payload);
        foreach (byte[] piece in bytes.Chunk(20_000))
        {
            using var cancel = new CancellationTokenSource();
            Task<ReceivedFrame> wait = reader.ReceiveAsync(cancel.Token).AsTask();
            Assert.False(wait.IsCompleted);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait).DefaultTimeout();
            await peer.WriteAsync(piece);
        }

        ReceivedFrame frame = await ReceiveAsync(reader, blocking: false);

        Assert.Equal(payload, frame.Buffer!.Memory.ToArray());
        peer.Dispose();
        await channel.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receive_FrameThatHasBegunStalls_BreaksAfterTheLimitAndNotBefore(bool blocking)
    {
        var watch = new TimerWatch(Stall);
        ManualTimeProvider clock = watch.Clock;
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using FrameReader reader = CreateReader(channel, watch);
        byte[] bytes = Wire.Batch(new byte[100]);
        Task<ReceivedFrame> wait = Task.Run(() => ReceiveAsync(reader, blocking));

        // Idle between frames is free.
        clock.Advance(TimeSpan.FromHours(1));
        for (int index = 0; index < 3; index++)
        {
            // The reader waits, inside the frame from its first byte on, and every byte gives it the whole time anew.
            await peer.WriteAsync(bytes.AsMemory(index, 1));
            await watch.StartedAsync();
            clock.Advance(Stall - TimeSpan.FromTicks(1));
            Assert.False(wait.IsCompleted);
        }

        clock.Advance(TimeSpan.FromTicks(1));
        ReceivedFrame frame = await wait.DefaultTimeout();

        Assert.Equal(FrameKind.Broken, frame.Kind);
        Assert.Equal(Stall, frame.Fault!.StalledFor);
        Assert.Contains("FrameStallTimeout", frame.Fault.Message, StringComparison.Ordinal);
        peer.Dispose();
        await channel.DisposeAsync();
    }

    [Fact]
    public async Task ReceiveAsync_ConsumerComesBackLate_IsNoStall()
    {
        var watch = new TimerWatch(Stall);
        ManualTimeProvider clock = watch.Clock;
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using FrameReader reader = CreateReader(channel, watch);
        byte[] bytes = Wire.Batch(new byte[100]);
        using var cancel = new CancellationTokenSource();
        Task<ReceivedFrame> wait = reader.ReceiveAsync(cancel.Token).AsTask();
        await peer.WriteAsync(bytes.AsMemory(0, 50));
        await watch.StartedAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait).DefaultTimeout();

        clock.Advance(TimeSpan.FromHours(1));
        await peer.WriteAsync(bytes.AsMemory(50));

        Assert.Equal(FrameKind.Data, (await ReceiveAsync(reader, blocking: false)).Kind);
        peer.Dispose();
        await channel.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receive_ChannelIsAborted_IsBrokenAndNotAnException(bool blocking)
    {
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using FrameReader reader = CreateReader(channel);
        await peer.WriteAsync(new byte[] { 0 });
        Task<ReceivedFrame> wait = Task.Run(() => ReceiveAsync(reader, blocking));

        channel.Abort();

        Assert.Equal(FrameKind.Broken, (await wait.DefaultTimeout()).Kind);
        Assert.Equal(FrameKind.Broken, (await ReceiveAsync(reader, blocking)).Kind);
        peer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receive_NotAnExecuteConnection_LeavesMessagesWhole(bool blocking)
    {
        (ByteChannel channel, Stream peer) = await ConnectAsync();
        using var reader = new FrameReader(channel, FrameLimit.Default, Stall, TimeProvider.System, separatesData: false);
        byte[] bytes = Wire.Batch([1, 2, 3]);
        await peer.WriteAsync(bytes);

        ReceivedFrame frame = await ReceiveAsync(reader, blocking);

        Assert.Equal(FrameKind.Message, frame.Kind);
        Assert.Equal(bytes[FrameHeader.SizeBytes..], frame.Buffer!.Memory.ToArray());
        peer.Dispose();
        await channel.DisposeAsync();
    }

    private static FrameReader CreateReader(ByteChannel channel, TimeProvider? clock = null) =>
        new(channel, FrameLimit.Default, Stall, clock ?? TimeProvider.System, new AlignedBufferPool());

    private static Task<ReceivedFrame> ReceiveAsync(FrameReader reader, bool blocking) =>
        blocking ? Task.Run(reader.Receive).DefaultTimeout() : reader.ReceiveAsync(CancellationToken.None).DefaultTimeout();

    private static async Task<(ByteChannel Channel, Stream Peer)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!);
        Socket peer = await listener.AcceptAsync();
        peer.NoDelay = true;
        return (new SocketByteChannel(socket, "peer"), new NetworkStream(peer, ownsSocket: true));
    }
}
