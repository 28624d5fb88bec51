using System.Globalization;

namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.generate</c>: the payload is <c>count,size</c>; so many batches of so many bytes, without any input.</summary>
internal sealed class GenerateFunction : UdfFunction
{
    private long _count;
    private int _size;

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        string[] numbers = ConformanceFunctions.TextOf(context).Split(',');
        if (numbers.Length != 2
            || !long.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out _count)
            || !int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out _size))
        {
            throw ConformanceFunctions.Malformed(context, "two numbers, count,size");
        }

        return default;
    }

    public override ValueTask StartAsync(UdfOutput output)
    {
        byte[] batch = new byte[_size];
        for (long index = 0; index < _count; index++)
        {
            output.Send(batch);
        }

        return default;
    }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output) => default;
}
