using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class TcpAllocationTests : AllocationContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
