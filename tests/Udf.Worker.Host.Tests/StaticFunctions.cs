using System.Text;

namespace Udf.Worker.Host.Tests;

/// <summary>Methods that payloads of the tests name.</summary>
public static class StaticFunctions
{
    public static ReadOnlyMemory<byte> Same(ReadOnlyMemory<byte> batch) => batch;

    public static byte[] Upper(ReadOnlyMemory<byte> batch) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span).ToUpperInvariant());

    public static ReadOnlyMemory<byte> FormatOf(ReadOnlyMemory<byte> batch, UdfContext context) => Encoding.UTF8.GetBytes(context.Payload.Format);

    public static ValueTask<ReadOnlyMemory<byte>> SameAsync(ReadOnlyMemory<byte> batch) => new(batch);

    public static Task<ReadOnlyMemory<byte>> SameAsTaskAsync(ReadOnlyMemory<byte> batch, UdfContext context) => Task.FromResult(batch);

    public static IReadOnlyList<ReadOnlyMemory<byte>> Many(ReadOnlyMemory<byte> batch) => [batch];

    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ManyAsync(ReadOnlyMemory<byte> batch)
    {
        await Task.Yield();
        yield return batch;
    }

    public static ReadOnlyMemory<byte> Overloaded(ReadOnlyMemory<byte> batch) => batch;

    public static ReadOnlyMemory<byte> Overloaded(ReadOnlyMemory<byte> batch, UdfContext context) => batch;

    public static byte[] TokenInEnvironment(ReadOnlyMemory<byte> batch) =>
        Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("UDF_WORKER_TOKEN") ?? "none");

    public static int WrongAnswer(ReadOnlyMemory<byte> batch) => batch.Length;

    public static ReadOnlyMemory<byte> WrongParameter(byte[] batch) => batch;

    public static ReadOnlyMemory<byte> Generic<T>(ReadOnlyMemory<byte> batch) => batch;
}
