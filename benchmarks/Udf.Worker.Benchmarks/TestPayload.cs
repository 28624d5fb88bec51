namespace Udf.Worker.Benchmarks;

/// <summary>Bytes that are the same in each run, and unlike each other.</summary>
internal static class TestPayload
{
    internal static byte[] Create(int length)
    {
        byte[] payload = new byte[length];
        new Random(length).NextBytes(payload);
        return payload;
    }

    /// <summary>Stops a benchmark that would measure a wrong answer.</summary>
    internal static void Check(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected)
    {
        if (!actual.SequenceEqual(expected))
        {
            throw new InvalidOperationException($"The answer of {actual.Length} bytes is not the payload of {expected.Length} bytes that was sent.");
        }
    }
}
