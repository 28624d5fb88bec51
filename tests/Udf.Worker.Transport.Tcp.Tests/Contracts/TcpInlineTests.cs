using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpInlineTests : InlineContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
