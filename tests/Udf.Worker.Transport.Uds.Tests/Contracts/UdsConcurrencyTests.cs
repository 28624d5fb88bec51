using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsConcurrencyTests : ConcurrencyContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
