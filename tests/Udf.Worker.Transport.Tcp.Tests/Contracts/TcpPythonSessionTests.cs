using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

[RequiresPython]
public sealed class TcpPythonSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => TcpTransport.Instance;

    protected override WorkerProgram Program => WorkerProgram.Python;
}
