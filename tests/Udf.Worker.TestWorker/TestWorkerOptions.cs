using System.Globalization;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker;

internal static class TestWorkerOptions
{
    /// <summary>How many executions at once, for who wants another number than the usual one.</summary>
    private const string CapacityVariable = "UDF_TEST_CAPACITY";

    /// <summary>For how many microseconds executions look for their next batch before they sleep.</summary>
    private const string PollVariable = "UDF_TEST_POLL_MICROSECONDS";

    internal static UdfWorkerOptions Create() => new()
    {
        PollBeforeWait = TimeSpan.FromMicroseconds(int.Parse(Environment.GetEnvironmentVariable(PollVariable) ?? "0", CultureInfo.InvariantCulture)),
        MaximumConcurrentExecutions = Environment.GetEnvironmentVariable(CapacityVariable) is { } capacity ? int.Parse(capacity, CultureInfo.InvariantCulture) : 256,
    };
}
