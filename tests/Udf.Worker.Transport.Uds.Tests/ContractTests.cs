using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}

public sealed class UdsCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;
}

[RequiresPython]
public sealed class UdsPythonSessionTests : SessionContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;

    protected override WorkerProgram Program => WorkerProgram.Python;
}

[RequiresPython]
public sealed class UdsPythonCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport => UdsTransport.Instance;

    protected override WorkerProgram Program => WorkerProgram.Python;
}
