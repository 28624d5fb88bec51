using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

[Collection(Alone.Name)]
public sealed class TcpMultiplexingTests : MultiplexingContract
{
    protected override TransportUnderTest Carrier => TcpTransport.Instance;
}
