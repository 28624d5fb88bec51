using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsAbstractDispatcherTests : DispatcherContract
{
    protected override TransportUnderTest Transport => UdsTransport.Abstract;
}
