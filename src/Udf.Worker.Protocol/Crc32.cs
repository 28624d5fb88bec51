using System.Buffers;
using System.Buffers.Binary;

namespace Udf.Worker.Protocol;

/// <summary>
/// CRC-32 as IEEE 802.3 and zlib have it: reflected polynomial 0xEDB88320, initial value and final xor all ones.
/// It finds accidents, not attacks.
/// </summary>
/// <remarks>Eight bytes a step (slicing-by-8), because the framework has no public CRC-32 of this polynomial. Safe from any thread.</remarks>
public static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int Slices = 8;

    // Slice k at [k * 256 + b]: what byte b does to the checksum when k further bytes follow it.
    private static readonly uint[] Table = BuildTable();

    /// <summary>The checksum of <paramref name="data"/>; 0 for no bytes.</summary>
    /// <param name="data">All bytes.</param>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of some bytes followed by <paramref name="data"/>.</summary>
    /// <param name="crc">The checksum of the bytes before; 0 if there are none.</param>
    /// <param name="data">The bytes that follow.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<uint> table = Table;
        crc = ~crc;

        while (data.Length >= Slices)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(data);
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = table[(7 * 256) + (int)(low & 0xFF)]
                ^ table[(6 * 256) + (int)((low >> 8) & 0xFF)]
                ^ table[(5 * 256) + (int)((low >> 16) & 0xFF)]
                ^ table[(4 * 256) + (int)(low >> 24)]
                ^ table[(3 * 256) + (int)(high & 0xFF)]
                ^ table[(2 * 256) + (int)((high >> 8) & 0xFF)]
                ^ table[256 + (int)((high >> 16) & 0xFF)]
                ^ table[(int)(high >> 24)];
            data = data[Slices..];
        }

        foreach (byte value in data)
        {
            crc = (crc >> 8) ^ table[(int)((crc ^ value) & 0xFF)];
        }

        return ~crc;
    }

    /// <inheritdoc cref="Append(uint, ReadOnlySpan{byte})"/>
    public static uint Append(uint crc, in ReadOnlySequence<byte> data)
    {
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            crc = Append(crc, segment.Span);
        }

        return crc;
    }

    private static uint[] BuildTable()
    {
        uint[] table = new uint[Slices * 256];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ Polynomial;
            }

            table[value] = crc;
        }

        for (int index = 256; index < table.Length; index++)
        {
            uint before = table[index - 256];
            table[index] = (before >> 8) ^ table[before & 0xFF];
        }

        return table;
    }
}
