using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
