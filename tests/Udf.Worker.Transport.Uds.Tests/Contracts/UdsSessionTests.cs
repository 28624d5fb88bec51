using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
