using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class MultiplexedTcpCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport { get; } = new MultiplexedTransport(TcpTransport.Instance);
}
