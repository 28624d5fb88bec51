using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[Collection(Alone.Name)]
public sealed class MultiplexedUdsBadLuckTests : BadLuckContract
{
    protected override TransportUnderTest Transport { get; } = new MultiplexedTransport(UdsTransport.Instance);
}
