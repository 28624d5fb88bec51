using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[Collection(Alone.Name)]
public sealed class UdsPoolStressTests : PoolStressContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
