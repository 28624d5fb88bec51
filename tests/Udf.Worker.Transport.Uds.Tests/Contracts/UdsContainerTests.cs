using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsContainerTests : ContainerContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
