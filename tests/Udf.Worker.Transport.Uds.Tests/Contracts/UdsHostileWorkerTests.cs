using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[RequiresPython]
[Collection(Alone.Name)]
public sealed class UdsHostileWorkerTests : HostileWorkerContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
