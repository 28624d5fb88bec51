namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.double</c>: answers each batch twice.</summary>
internal sealed class DoubleFunction : UdfFunction
{
    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        output.Send(batch);
        output.Send(batch);
        return default;
    }
}
