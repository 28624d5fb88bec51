namespace Udf.Worker.Protocol.Tests.Frames;

public class FrameHeaderTests
{
    private static readonly FrameLimit Limit = new(1000, "MaxTestBytes");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(1000)]
    public void Write_ThenTryParse_GivesTheLength(int length)
    {
        byte[] bytes = new byte[FrameHeader.SizeBytes];
        new FrameHeader(length).Write(bytes);

        Assert.True(FrameHeader.TryParse(bytes, Limit, out FrameHeader header, out FrameError? error));
        Assert.Equal(length, header.MessageBytes);
        Assert.Null(error);
    }

    [Fact]
    public void Write_Length_IsBigEndianAfterAZeroFlag()
    {
        byte[] bytes = [9, 9, 9, 9, 9];
        new FrameHeader(0x01020304).Write(bytes);
        Assert.Equal([0, 1, 2, 3, 4], bytes);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 3, 0xE9 }, 1001u)]
    [InlineData(new byte[] { 0, 0x80, 0, 0, 0 }, 0x80000000u)]
    [InlineData(new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF }, uint.MaxValue)]
    public void TryParse_LongerThanTheLimit_NamesLengthLimitAndSetting(byte[] bytes, uint length)
    {
        Assert.False(FrameHeader.TryParse(bytes, Limit, out _, out FrameError? error));
        Assert.Equal(FrameErrorKind.TooLong, error.Kind);
        Assert.Equal(length, error.LengthBytes);
        Assert.Contains($"{length} bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("limit of 1000 bytes (MaxTestBytes)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void TryParse_FlagNotZero_IsNamedBeforeTheLength(byte flag)
    {
        byte[] bytes = [flag, 0xFF, 0xFF, 0xFF, 0xFF];
        Assert.False(FrameHeader.TryParse(bytes, Limit, out _, out FrameError? error));
        Assert.Equal(FrameErrorKind.FlagNotZero, error.Kind);
        Assert.Contains($"0x{flag:X2}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_TooFewBytes_Throws() =>
        Assert.Throws<ArgumentException>(() => FrameHeader.TryParse(new byte[4], Limit, out _, out _));

    [Fact]
    public void FrameErrorMessage_EveryKind_IsASentence()
    {
        foreach (FrameErrorKind kind in Enum.GetValues<FrameErrorKind>())
        {
            Assert.EndsWith(".", new FrameError(kind, 1, 2, Limit).Message, StringComparison.Ordinal);
        }
    }
}
