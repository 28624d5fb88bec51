using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[RequiresPython]
public sealed class UdsAbstractPythonSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => UdsTransport.Abstract;

    protected override WorkerProgram Program => WorkerProgram.Python;
}
