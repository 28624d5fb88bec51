using Udf.Worker.Testing.Contracts;
using Xunit.Abstractions;

namespace Udf.Worker.Transport.Uds.Tests;

[Collection(Alone.Name)]
public sealed class UdsPoolStressTests(ITestOutputHelper output) : PoolStressContract(output)
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
