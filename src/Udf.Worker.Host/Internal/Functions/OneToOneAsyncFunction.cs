namespace Udf.Worker.Host.Internal;

internal sealed class OneToOneAsyncFunction(Func<ReadOnlyMemory<byte>, UdfContext, ValueTask<ReadOnlyMemory<byte>>> function) : ContextFunction
{
    public override async ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output) =>
        await output.SendAsync(await function(batch, Context).ConfigureAwait(false)).ConfigureAwait(false);
}
