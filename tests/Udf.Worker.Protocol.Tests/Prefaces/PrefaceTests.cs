using System.Buffers.Binary;

namespace Udf.Worker.Protocol.Tests.Prefaces;

public class PrefaceTests
{
    // Both computed with Python's hmac: token 00..1f, nonce 64..83.
    private const string EngineHex =
        "55444657010100006465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283"
        + "f4a961948aee43c84173df167b5385edcdce4d88e090cab54910b56ac1a77859";

    private const string WorkerHex =
        "5544465701000000080000004e509deeaffb92c5d3c40c4a163cfcb80dc7a9364b2895957a3d25f78804a400";

    private static readonly WorkerToken Token = WorkerToken.Create(new CountingRandom(0));
    private static readonly EnginePreface Engine = EnginePreface.Create(ConnectionRole.Execute, Token, new CountingRandom(100));
    private static readonly WorkerPreface Worker = WorkerPreface.Create(Engine, 1, PrefaceStatus.Accepted, 0, WireLimits.DefaultMaxFrameBytes, Token);

    [Fact]
    public void Write_Engine_GivesTheBytesOfAnotherImplementation()
    {
        byte[] bytes = new byte[EnginePreface.SizeBytes];
        Engine.Write(bytes);
        Assert.Equal(72, EnginePreface.SizeBytes);
        Assert.Equal(EngineHex, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Write_Worker_GivesTheBytesOfAnotherImplementation()
    {
        byte[] bytes = new byte[WorkerPreface.SizeBytes];
        Worker.Write(bytes);
        Assert.Equal(44, WorkerPreface.SizeBytes);
        Assert.Equal(WorkerHex, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void TryParse_Engine_GivesTheFieldsBack()
    {
        byte[] bytes = Convert.FromHexString(EngineHex);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), 0x8001);
        bytes[4] = 7;
        bytes[5] = 200;

        Assert.True(EnginePreface.TryParse(bytes, out EnginePreface preface));
        Assert.Equal(7, preface.HighestVersion);
        Assert.Equal((ConnectionRole)200, preface.Role);
        Assert.Equal(0x8001, preface.Features);
        byte[] nonce = new byte[32];
        preface.CopyNonceTo(nonce);
        Assert.Equal(Enumerable.Range(100, 32).Select(value => (byte)value), nonce);
        byte[] again = new byte[EnginePreface.SizeBytes];
        preface.Write(again);
        Assert.Equal(bytes, again);
    }

    [Fact]
    public void TryParse_Worker_GivesTheFieldsBack()
    {
        byte[] bytes = Convert.FromHexString(WorkerHex);
        Assert.True(WorkerPreface.TryParse(bytes, out WorkerPreface preface));
        Assert.Equal(1, preface.Version);
        Assert.Equal(PrefaceStatus.Accepted, preface.Status);
        Assert.Equal(0, preface.Features);
        Assert.Equal((uint)WireLimits.DefaultMaxFrameBytes, preface.MaxFrameBytes);
        byte[] again = new byte[WorkerPreface.SizeBytes];
        preface.Write(again);
        Assert.Equal(bytes, again);
    }

    [Fact]
    public void TryParse_TooShortOrOtherMagic_IsFalse()
    {
        byte[] engine = Convert.FromHexString(EngineHex);
        byte[] worker = Convert.FromHexString(WorkerHex);
        for (int length = 0; length < engine.Length; length++)
        {
            Assert.False(EnginePreface.TryParse(engine.AsSpan(0, length), out _));
        }

        for (int length = 0; length < worker.Length; length++)
        {
            Assert.False(WorkerPreface.TryParse(worker.AsSpan(0, length), out _));
        }

        for (int index = 0; index < 4; index++)
        {
            engine[index] ^= 1;
            Assert.False(EnginePreface.TryParse(engine, out _));
            engine[index] ^= 1;
        }
    }

    [Fact]
    public void VerifyMac_EveryBitOfEveryByte_Counts()
    {
        byte[] engine = Convert.FromHexString(EngineHex);
        Assert.True(Parse(engine).VerifyMac(Token));
        for (int bit = 4 * 8; bit < engine.Length * 8; bit++)
        {
            engine[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Parse(engine).VerifyMac(Token));
            engine[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        byte[] worker = Convert.FromHexString(WorkerHex);
        for (int bit = 4 * 8; bit < worker.Length * 8; bit++)
        {
            worker[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(WorkerPreface.TryParse(worker, out WorkerPreface changed));
            Assert.False(changed.VerifyMac(Engine, Token));
            worker[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void VerifyMac_AnswerToAnotherNonce_IsFalse()
    {
        EnginePreface other = EnginePreface.Create(ConnectionRole.Execute, Token, new CountingRandom(101));
        Assert.True(Worker.VerifyMac(Engine, Token));
        Assert.False(Worker.VerifyMac(other, Token));
    }

    [Fact]
    public void Write_WithoutToken_SendsZerosForMacInBothDirections()
    {
        EnginePreface engine = EnginePreface.Create(ConnectionRole.Manage, token: null, new CountingRandom(100));
        WorkerPreface worker = WorkerPreface.Create(engine, 1, PrefaceStatus.Accepted, 0, 5, token: null);
        byte[] engineBytes = new byte[EnginePreface.SizeBytes];
        byte[] workerBytes = new byte[WorkerPreface.SizeBytes];
        engine.Write(engineBytes);
        worker.Write(workerBytes);

        Assert.All(engineBytes[40..], value => Assert.Equal(0, value));
        Assert.All(workerBytes[12..], value => Assert.Equal(0, value));
        Assert.True(engine.VerifyMac(null));
        Assert.False(engine.VerifyMac(Token));
        Assert.True(worker.VerifyMac(engine, null));
        Assert.False(worker.VerifyMac(engine, Token));
        Assert.False(Engine.VerifyMac(null));
    }

    private static EnginePreface Parse(byte[] bytes)
    {
        Assert.True(EnginePreface.TryParse(bytes, out EnginePreface preface));
        return preface;
    }
}
