using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsHangTests : HangContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
