using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class MultiplexedTcpHangTests : HangContract
{
    protected override TransportUnderTest Transport { get; } = new MultiplexedTransport(TcpTransport.Instance);
}
