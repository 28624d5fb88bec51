using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpDispatcherTests : DispatcherContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
