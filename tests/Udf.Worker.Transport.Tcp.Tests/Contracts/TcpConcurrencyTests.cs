using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpConcurrencyTests : ConcurrencyContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
