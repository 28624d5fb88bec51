using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
