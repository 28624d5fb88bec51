using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Samples.Tests;

public sealed class PipeCancellationTests : CancellationContract
{
    protected override TransportUnderTest Transport => PipeTransport.Instance;

    protected override WorkerProgram Program => SamplePaths.Worker;
}
