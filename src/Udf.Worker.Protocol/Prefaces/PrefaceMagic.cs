namespace Udf.Worker.Protocol;

/// <summary>The four bytes at the beginning of both prefaces, by which UDF frames are told from HTTP/2 on the same endpoint.</summary>
public static class PrefaceMagic
{
    /// <summary>ASCII <c>UDFW</c>.</summary>
    public static ReadOnlySpan<byte> Bytes => "UDFW"u8;

    /// <summary>Whether a connection that begins so may still turn out to speak UDF frames.</summary>
    /// <param name="start">The first bytes received, however few.</param>
    public static bool CanBeginWith(ReadOnlySpan<byte> start) =>
        start[..Math.Min(start.Length, Bytes.Length)].SequenceEqual(Bytes[..Math.Min(start.Length, Bytes.Length)]);
}
