using Udf.Worker.Host;

namespace Udf.Worker.TestWorker;

internal static class TestWorkerOptions
{
    internal static UdfWorkerOptions Create() => new() { MaximumConcurrentExecutions = 256 };
}
