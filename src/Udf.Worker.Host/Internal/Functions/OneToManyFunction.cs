namespace Udf.Worker.Host.Internal;

internal sealed class OneToManyFunction(Func<ReadOnlyMemory<byte>, UdfContext, IEnumerable<ReadOnlyMemory<byte>>> function) : ContextFunction
{
    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        foreach (ReadOnlyMemory<byte> answer in function(batch, Context))
        {
            output.Send(answer);
        }

        return default;
    }
}
