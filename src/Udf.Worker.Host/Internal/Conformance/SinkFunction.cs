namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.sink</c>: takes every batch and answers none.</summary>
internal sealed class SinkFunction : UdfFunction
{
    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output) => default;
}
