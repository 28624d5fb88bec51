using BenchmarkDotNet.Running;
using Udf.Worker.Benchmarks;
using Udf.Worker.Benchmarks.Pools;
using Udf.Worker.Benchmarks.RoundTrips;

if (args is [EchoServer.Mode, .. string[] echoArgs])
{
    // The other side of the baseline is this program, too, in a process of its own.
    EchoServer.Run(echoArgs);
    return 0;
}

// What BenchmarkDotNet does not measure: each prints a table.
Func<Task>? run = args switch
{
    [FairnessRun.Mode, .. string[] rest] => () => FairnessRun.RunAsync(rest),
    [ShortSessionsRun.Mode, .. string[] rest] => () => ShortSessionsRun.RunAsync(rest),
    [IdleMemoryRun.Mode] => IdleMemoryRun.RunAsync,
    _ => null,
};
if (run is not null)
{
    await run();
    return 0;
}

var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(args, new BenchmarkConfig());
return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
