namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.echo</c>: the payload is the answer to init, and every batch comes back.</summary>
internal sealed class EchoFunction : UdfFunction
{
    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context) => new(context.Payload.Content);

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        output.Send(batch);
        return default;
    }
}
