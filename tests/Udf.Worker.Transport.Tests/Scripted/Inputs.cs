using System.Runtime.CompilerServices;

namespace Udf.Worker.Transport.Tests;

/// <summary>Streams of batches to send.</summary>
internal static class Inputs
{
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> Of(params byte[][] batches)
    {
        foreach (byte[] batch in batches)
        {
            yield return batch;
        }

        await Task.CompletedTask;
    }

    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> Repeat(byte[] batch, int count)
    {
        for (int index = 0; index < count; index++)
        {
            yield return batch;
        }

        await Task.CompletedTask;
    }

    /// <summary>Yields some, and then waits until it is told to end.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ThenWait(byte[][] batches, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (byte[] batch in batches)
        {
            yield return batch;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
