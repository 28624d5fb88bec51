using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

[Collection(Alone.Name)]
public sealed class MultiplexedTcpBadLuckTests : BadLuckContract
{
    protected override TransportUnderTest Transport { get; } = new MultiplexedTransport(TcpTransport.Instance);
}
