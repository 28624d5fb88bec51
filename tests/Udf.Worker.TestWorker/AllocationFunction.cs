using System.Buffers.Binary;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker;

/// <summary><c>test.allocated</c>: echoes every batch, but answers one of a single byte with how many bytes this process has allocated so far (8 bytes, little-endian). By itself it allocates nothing.</summary>
internal sealed class AllocationFunction : UdfFunction
{
    internal const string Format = "test.allocated";

    private readonly byte[] _answer = new byte[sizeof(long)];

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        if (batch.Length == 1)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_answer, GC.GetTotalAllocatedBytes(precise: true));
            output.Send(_answer);
        }
        else
        {
            output.Send(batch);
        }

        return default;
    }
}
