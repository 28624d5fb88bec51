using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsAllocationTests : AllocationContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
