using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[Collection(Alone.Name)]
public sealed class UdsMultiplexingTests : MultiplexingContract
{
    protected override TransportUnderTest Carrier => UdsTransport.Instance;
}
