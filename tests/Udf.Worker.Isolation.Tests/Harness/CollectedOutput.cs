using System.Text;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Tests;

/// <summary>Keeps what a function sends.</summary>
internal sealed class CollectedOutput : UdfOutput
{
    internal List<string> Batches { get; } = [];

    public override CancellationToken CancellationToken => default;

    public override void Send(ReadOnlyMemory<byte> batch) => Batches.Add(Encoding.UTF8.GetString(batch.Span));
}
