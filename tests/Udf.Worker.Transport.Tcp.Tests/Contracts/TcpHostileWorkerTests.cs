using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

[RequiresPython]
[Collection(Alone.Name)]
public sealed class TcpHostileWorkerTests : HostileWorkerContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
