using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class MultiplexedTcpSessionTests : SessionContract
{
    protected override TransportUnderTest Transport { get; } = new MultiplexedTransport(TcpTransport.Instance);
}
