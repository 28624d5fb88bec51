using System.Globalization;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker;

internal static class TestWorkerOptions
{
    /// <summary>How many executions at once, for who wants another number than the usual one.</summary>
    private const string CapacityVariable = "UDF_TEST_CAPACITY";

    internal static UdfWorkerOptions Create() => new()
    {
        MaximumConcurrentExecutions = Environment.GetEnvironmentVariable(CapacityVariable) is { } capacity ? int.Parse(capacity, CultureInfo.InvariantCulture) : 256,
    };
}
