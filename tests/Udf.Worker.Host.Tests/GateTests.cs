using Udf.Worker.Host.Internal;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;

namespace Udf.Worker.Host.Tests;

/// <summary>What a connection goes through before it is one.</summary>
public sealed class GateTests
{
    private static readonly byte[] Magic = [.. PrefaceMagic.Bytes];

    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Unix)]
    public async Task Preface_Good_IsAnsweredWithTheLimit(Carrier carrier)
    {
        await using WorkerUnderTest worker = new(carrier, configure: options => options.MaxFrameBytes = 4096);
        WireConnection connection = worker.Dial();
        WorkerPreface answer = await connection.GreetAsync(ConnectionRole.Execute, worker.Token, version: 200);
        Assert.Equal((PrefaceStatus.Accepted, 1, 4096u), (answer.Status, answer.Version, answer.MaxFrameBytes));
        await connection.ExpectUsableAsync();
    }

    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Unix)]
    public async Task Preface_Refused_IsAnsweredAndTheStreamEnds(Carrier carrier)
    {
        await using WorkerUnderTest worker = new(carrier, configure: options => options.ServesMultiplexedConnections = false);
        (ConnectionRole Role, WorkerToken? Token, byte Version, PrefaceStatus Status)[] cases =
        [
            (ConnectionRole.Execute, worker.Token, 0, PrefaceStatus.NoCommonVersion),
            (ConnectionRole.Execute, null, 1, PrefaceStatus.MacWrong),
            (ConnectionRole.Multiplex, worker.Token, 1, PrefaceStatus.RoleNotOffered),
            ((ConnectionRole)9, worker.Token, 1, PrefaceStatus.RoleNotOffered),
        ];
        foreach ((ConnectionRole role, WorkerToken? token, byte version, PrefaceStatus status) in cases)
        {
            WireConnection connection = worker.Dial();
            WorkerPreface answer = await connection.GreetAsync(role, token, version);
            Assert.Equal(status, answer.Status);
            await connection.ExpectEndAsync();
        }
    }

    [Fact]
    public async Task Preface_ByteByByte_IsTaken()
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        WireConnection connection = worker.Dial();
        byte[] preface = new byte[EnginePreface.SizeBytes];
        EnginePreface.Create(1, ConnectionRole.Execute, 0, new byte[EnginePreface.NonceBytes], worker.Token).Write(preface);
        foreach (byte value in preface)
        {
            await connection.SendAsync(new[] { value });
        }

        Assert.Equal(WorkerPreface.SizeBytes, (await connection.ReceiveAsync(WorkerPreface.SizeBytes)).Length);
        await connection.ExpectUsableAsync();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("U")]
    public async Task Foreigner_IsDroppedWithoutAWord(string said)
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        WireConnection connection = worker.Dial();
        await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(said));
        if (said == "U")
        {
            // It may still become one; another byte says that it does not.
            await connection.SendAsync("x"u8.ToArray());
        }

        await connection.ExpectEndAsync();
    }

    [Fact]
    public async Task PendingPeer_TakesNothingBehindThePreface()
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        WireConnection connection = worker.Dial();
        byte[] preface = new byte[EnginePreface.SizeBytes];
        EnginePreface.Create(1, ConnectionRole.Execute, 0, new byte[EnginePreface.NonceBytes], worker.Token).Write(preface);
        byte[] init = Google.Protobuf.MessageExtensions.ToByteArray(Requests.Init("udf.echo", new string('x', 50_000)));
        byte[] header = new byte[FrameHeader.SizeBytes];
        new FrameHeader(init.Length).Write(header);

        // All of it at once: what came too early must be read by the connection that follows.
        await connection.SendAsync((byte[])[.. preface, .. header, .. init]);
        await connection.ReceiveAsync(WorkerPreface.SizeBytes);
        UdfResponse answer = await connection.ResponseAsync();
        Assert.Equal(50_000, answer.Control.Init.Data.Length);
    }

    [Fact]
    public async Task Pending_OneTooMany_DropsTheOldest()
    {
        await using WorkerUnderTest worker = new(Carrier.Unix);
        var silent = new WireConnection[ConnectionGate.MostPending + 1];
        for (int index = 0; index < silent.Length; index++)
        {
            silent[index] = worker.Dial();
            await silent[index].SendAsync(Magic);
        }

        await silent[0].ExpectEndAsync();

        // The second oldest is still there: what is missing of its preface makes it a connection.
        byte[] preface = new byte[EnginePreface.SizeBytes];
        EnginePreface.Create(1, ConnectionRole.Execute, 0, new byte[EnginePreface.NonceBytes], worker.Token).Write(preface);
        await silent[1].SendAsync(preface.AsMemory(Magic.Length));
        Assert.Equal(WorkerPreface.SizeBytes, (await silent[1].ReceiveAsync(WorkerPreface.SizeBytes)).Length);
        await silent[1].ExpectUsableAsync();
    }

    [Fact]
    public async Task Pending_AfterTenSeconds_IsDropped()
    {
        ManualTimeProvider clock = new();
        await using WorkerUnderTest worker = new(Carrier.Unix, configure: options => options.TimeProvider = clock);
        WireConnection silent = worker.Dial();
        await silent.SendAsync(Magic);

        // A connection that is answered shows that the gate has seen the one before it.
        await worker.ConnectAsync();
        clock.Advance(TimeSpan.FromSeconds(9.9));
        await worker.ConnectAsync();
        WireConnection younger = worker.Dial();
        await younger.SendAsync(Magic);
        await worker.ConnectAsync();

        clock.Advance(TimeSpan.FromSeconds(0.1));
        await worker.ConnectAsync();
        await silent.ExpectEndAsync();

        byte[] preface = new byte[EnginePreface.SizeBytes];
        EnginePreface.Create(1, ConnectionRole.Execute, 0, new byte[EnginePreface.NonceBytes], worker.Token).Write(preface);
        await younger.SendAsync(preface.AsMemory(Magic.Length));
        await younger.ReceiveAsync(WorkerPreface.SizeBytes);
        await younger.ExpectUsableAsync();
    }

    [Fact]
    public async Task Preface_OnAStream_AfterTenSeconds_IsGivenUp()
    {
        ManualTimeProvider clock = new();
        await using WorkerUnderTest worker = new(Carrier.Memory, configure: options => options.TimeProvider = clock);
        WireConnection silent = worker.Dial();
        await silent.SendAsync(Magic);
        clock.Advance(TimeSpan.FromSeconds(10));
        await silent.ExpectEndAsync();
        await worker.Served[0].WaitAsync(WireConnection.SafetyLimit);
    }

    [Fact]
    public async Task Refused_IsDroppedAfterASecond()
    {
        ManualTimeProvider clock = new();
        await using WorkerUnderTest worker = new(Carrier.Unix, configure: options => options.TimeProvider = clock);
        WireConnection refused = worker.Dial();
        await refused.GreetAsync(ConnectionRole.Execute, token: null);
        await refused.ExpectEndAsync();

        // What it still says is read and dropped: it is not told off for it.
        await refused.SendAsync(new byte[1000]);
        clock.Advance(TimeSpan.FromSeconds(1));
        await worker.ConnectAsync();

        // The worker has closed its side by now: sending fails at once or after a reset has come back.
        await Assert.ThrowsAnyAsync<IOException>(() => refused.SendAsync(new byte[4 * 1024 * 1024]));
    }

    [Fact]
    public async Task Dispose_WhileItWaits_Returns()
    {
        WorkerUnderTest worker = new(Carrier.Unix);
        await worker.ConnectAsync();
        worker.Dial();
        await worker.DisposeAsync().AsTask().WaitAsync(WireConnection.SafetyLimit);
    }
}
