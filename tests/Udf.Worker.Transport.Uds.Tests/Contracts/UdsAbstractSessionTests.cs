using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsAbstractSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => UdsTransport.Abstract;
}
