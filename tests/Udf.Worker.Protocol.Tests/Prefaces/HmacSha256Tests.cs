using System.Security.Cryptography;
using System.Text;
using Udf.Worker.Protocol.Internal;

namespace Udf.Worker.Protocol.Tests.Prefaces;

public class HmacSha256Tests
{
    // RFC 4231, test cases 1, 2 and 4.
    [Theory]
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(
        "0102030405060708090a0b0c0d0e0f10111213141516171819",
        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")]
    public void Compute_OfTheStandardsTexts_IsTheStandardsMac(string key, string text, string mac) =>
        Assert.Equal(mac, Convert.ToHexStringLower(Compute(Convert.FromHexString(key), Convert.FromHexString(text))));

    [Fact]
    public void Compute_OfEveryLengthAroundABlock_IsWhatTheFrameworkComputes()
    {
        byte[] bytes = SHA512.HashData(Encoding.ASCII.GetBytes("any bytes will do"));
        for (int keyBytes = 0; keyBytes <= 64; keyBytes++)
        {
            for (int textBytes = 0; textBytes <= 200; textBytes++)
            {
                byte[] key = bytes[..keyBytes];
                byte[] text = [.. bytes, .. bytes, .. bytes, .. bytes];
                text = text[..textBytes];
                Assert.Equal(HMACSHA256.HashData(key, text), Compute(key, text));
            }
        }
    }

    private static byte[] Compute(byte[] key, byte[] text)
    {
        byte[] mac = new byte[HmacSha256.SizeBytes];
        HmacSha256.Compute(key, text, mac);
        return mac;
    }
}
