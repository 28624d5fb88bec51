using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class MultiplexedUdsConcurrencyTests : ConcurrencyContract
{
    protected override TransportUnderTest Transport { get; } = new MultiplexedTransport(UdsTransport.Instance);
}
