namespace Udf.Worker.Artifacts.Internal;

/// <summary>CRC-32 as zlib has it, which Spark's clients send with each chunk. A byte a step: beside the disk it does not count.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value =>
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
        {
            crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return crc;
    })];

    internal static uint Compute(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc = (crc >> 8) ^ Table[(byte)(crc ^ value)];
        }

        return ~crc;
    }
}
