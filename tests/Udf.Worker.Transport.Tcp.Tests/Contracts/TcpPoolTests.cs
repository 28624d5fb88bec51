using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpPoolTests : PoolContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
