namespace Udf.Worker.Host.Internal;

internal sealed class OneToOneFunction(Func<ReadOnlyMemory<byte>, UdfContext, ReadOnlyMemory<byte>> function) : ContextFunction
{
    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        output.Send(function(batch, Context));
        return default;
    }
}
