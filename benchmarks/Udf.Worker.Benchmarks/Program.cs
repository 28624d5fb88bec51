using BenchmarkDotNet.Running;
using Udf.Worker.Benchmarks;
using Udf.Worker.Benchmarks.RoundTrips;

if (args is [EchoServer.Mode, .. string[] rest])
{
    // The other side of the baseline is this program, too, in a process of its own.
    EchoServer.Run(rest);
    return 0;
}

var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(args, new BenchmarkConfig());
return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
