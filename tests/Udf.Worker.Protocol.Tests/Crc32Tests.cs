using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Udf.Worker.Protocol.Tests;

public class Crc32Tests
{
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0xE8B7BE43u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Compute_KnownText_GivesThePublishedValue(string text, uint expected) =>
        Assert.Equal(expected, Crc32.Compute(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData(0x00, 0x190A55ADu)]
    [InlineData(0xFF, 0xFF6CAB0Bu)]
    public void Compute_ThirtyTwoEqualBytes_GivesThePublishedValue(byte value, uint expected)
    {
        byte[] data = new byte[32];
        data.AsSpan().Fill(value);
        Assert.Equal(expected, Crc32.Compute(data));
    }

    [Fact]
    public void Compute_AnyBytes_EqualsTheDefinitionBitByBit() =>
        Prop.ForAll<byte[]>(data => Crc32.Compute(data) == BitByBit(data)).QuickCheckThrowOnFailure();

    [Fact]
    public void Append_EverySplit_EqualsTheWhole()
    {
        byte[] data = TestBytes.Pattern(67);
        uint expected = Crc32.Compute(data);
        for (int split = 0; split <= data.Length; split++)
        {
            Assert.Equal(expected, Crc32.Append(Crc32.Compute(data.AsSpan(0, split)), data.AsSpan(split)));
        }
    }

    [Fact]
    public void Append_SequenceOfSegments_EqualsTheWhole()
    {
        byte[] data = TestBytes.Pattern(67);
        ReadOnlySequence<byte> sequence = TestBytes.Segmented(data, 1, 10, 11, 50);
        Assert.Equal(Crc32.Compute(data), Crc32.Append(0, sequence));
    }

    private static uint BitByBit(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
