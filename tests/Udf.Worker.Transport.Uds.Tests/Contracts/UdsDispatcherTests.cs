using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsDispatcherTests : DispatcherContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
