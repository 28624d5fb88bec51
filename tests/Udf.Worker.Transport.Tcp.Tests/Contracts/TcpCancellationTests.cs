using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
