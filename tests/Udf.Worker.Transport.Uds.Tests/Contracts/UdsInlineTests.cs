using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsInlineTests : InlineContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}
