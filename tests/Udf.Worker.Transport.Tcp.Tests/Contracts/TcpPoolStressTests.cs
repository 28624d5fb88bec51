using Udf.Worker.Testing.Contracts;
using Xunit.Abstractions;

namespace Udf.Worker.Transport.Tcp.Tests;

[Collection(Alone.Name)]
public sealed class TcpPoolStressTests(ITestOutputHelper output) : PoolStressContract(output)
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;
}
