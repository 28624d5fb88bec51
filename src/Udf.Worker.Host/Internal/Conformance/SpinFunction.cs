namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.spin</c>: computes for ever from the first batch on, and never looks at cancellation.</summary>
internal sealed class SpinFunction : UdfFunction
{
    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        while (true)
        {
        }
    }
}
