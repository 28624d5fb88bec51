using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpHangTests : HangContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
