using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsPoolTests : PoolContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
