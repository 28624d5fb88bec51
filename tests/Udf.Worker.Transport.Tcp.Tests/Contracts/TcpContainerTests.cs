using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpContainerTests : ContainerContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
