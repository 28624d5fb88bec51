using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

[RequiresPython]
public sealed class UdsPythonCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;

    protected override WorkerProgram Program => WorkerProgram.Python;
}
