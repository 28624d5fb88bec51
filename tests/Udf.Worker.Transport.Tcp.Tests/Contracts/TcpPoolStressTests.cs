using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

[Collection(Alone.Name)]
public sealed class TcpPoolStressTests : PoolStressContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
