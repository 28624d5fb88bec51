using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

[Collection(Alone.Name)]
public sealed class TcpBackPressureTests : BackPressureContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
