using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[Collection(Alone.Name)]
public sealed class UdsAbstractBadLuckTests : BadLuckContract
{
    protected override TransportUnderTest Transport => UdsTransport.Abstract;
}
