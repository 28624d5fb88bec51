using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[Collection(Alone.Name)]
public sealed class UdsKillMatrixTests : KillMatrixContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
