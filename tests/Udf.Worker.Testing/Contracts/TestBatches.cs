using System.Globalization;
using System.Text;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

/// <summary>Batches to send, and what came back.</summary>
public static class TestBatches
{
    public const int KiB = 1024;
    public const int MiB = 1024 * KiB;

    /// <summary>Bytes that look random and are the same each time.</summary>
    public static ReadOnlyMemory<byte> Bytes(int size, int seed = 1)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);

    public static ReadOnlyMemory<byte> Number(int number) => Text(number.ToString(CultureInfo.InvariantCulture));

    public static IAsyncEnumerable<ReadOnlyMemory<byte>> Stream(params ReadOnlyMemory<byte>[] batches) => batches.ToAsyncEnumerable();

    /// <summary>A batch again and again, until nobody wants one any more.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> Endless(ReadOnlyMemory<byte> batch)
    {
        while (true)
        {
            await Task.Yield();
            yield return batch;
        }
    }

    /// <summary>Some batches, and then none and no end either: whoever waits for the next waits until the token falls.</summary>
    public static ScriptedInput Held(params ReadOnlyMemory<byte>[] batches) => new()
    {
        OnCurrent = index => batches[index],
        OnNext = async (index, token) =>
        {
            if (index >= batches.Length)
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            return true;
        },
    };

    /// <summary>Reads a stream of results to its end.</summary>
    public static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAllAsync(this IAsyncEnumerable<WorkerBatch> results)
    {
        var all = new List<ReadOnlyMemory<byte>>();
        await foreach (WorkerBatch batch in results)
        {
            all.Add(batch.ToArray());
        }

        return all;
    }

    /// <summary>The same batches in the same order. Not a plain equality: the difference of two megabytes is nothing to print.</summary>
    public static void AssertSame(IReadOnlyList<ReadOnlyMemory<byte>> expected, IReadOnlyList<ReadOnlyMemory<byte>> actual)
    {
        Assert.Equal(expected.Select(batch => batch.Length), actual.Select(batch => batch.Length));
        for (int index = 0; index < expected.Count; index++)
        {
            Assert.True(expected[index].Span.SequenceEqual(actual[index].Span), $"Batch {index} came back changed.");
        }
    }
}
