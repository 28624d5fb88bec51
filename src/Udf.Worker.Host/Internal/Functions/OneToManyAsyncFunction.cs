namespace Udf.Worker.Host.Internal;

internal sealed class OneToManyAsyncFunction(Func<ReadOnlyMemory<byte>, UdfContext, IAsyncEnumerable<ReadOnlyMemory<byte>>> function) : ContextFunction
{
    public override async ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        await foreach (ReadOnlyMemory<byte> answer in function(batch, Context).WithCancellation(output.CancellationToken).ConfigureAwait(false))
        {
            await output.SendAsync(answer).ConfigureAwait(false);
        }
    }
}
