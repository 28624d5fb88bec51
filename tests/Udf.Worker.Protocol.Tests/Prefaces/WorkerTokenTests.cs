using System.Security.Cryptography;

namespace Udf.Worker.Protocol.Tests.Prefaces;

public class WorkerTokenTests
{
    private const string Hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    [Fact]
    public void Create_RandomSource_GivesItsBytes() =>
        Assert.Equal(Hex, WorkerToken.Create(new CountingRandom(0)).ToHex());

    [Fact]
    public void Create_Twice_GivesTwoTokens()
    {
        using RandomNumberGenerator random = RandomNumberGenerator.Create();
        Assert.NotEqual(WorkerToken.Create(random).ToHex(), WorkerToken.Create(random).ToHex());
    }

    [Theory]
    [InlineData(Hex)]
    [InlineData("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")]
    public void Parse_HexOfEitherCase_GivesTheToken(string hex) => Assert.Equal(Hex, WorkerToken.Parse(hex).ToHex());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00010203")]
    [InlineData(" 00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    [InlineData("g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    [InlineData(Hex + "00")]
    public void TryParse_AnythingElse_IsFalse(string? hex)
    {
        Assert.False(WorkerToken.TryParse(hex, out WorkerToken? token));
        Assert.Null(token);
    }

    [Fact]
    public void Parse_AnythingElse_DoesNotRepeatTheText()
    {
        FormatException error = Assert.Throws<FormatException>(() => WorkerToken.Parse("secret"));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_Token_DoesNotTellIt() =>
        Assert.Equal("WorkerToken(hidden)", WorkerToken.Parse(Hex).ToString());
}
