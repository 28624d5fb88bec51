using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[RequiresPython]
public sealed class UdsPythonSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;

    protected override WorkerProgram Program => WorkerProgram.Python;
}
