using BenchmarkDotNet.Running;
using Udf.Worker.Benchmarks;
using Udf.Worker.Benchmarks.Check;
using Udf.Worker.Benchmarks.Compare;
using Udf.Worker.Benchmarks.Isolation;
using Udf.Worker.Benchmarks.Pools;
using Udf.Worker.Benchmarks.RoundTrips;

// What is measured beside the library runs in processes of its own, which are this program, too.
Action? peer = args switch
{
    [EchoServer.Mode, .. string[] rest] => () => EchoServer.Run(rest),
    [EpollServer.Mode, .. string[] rest] => () => EpollServer.Run(rest),
    [SubjectHost.Mode, string description] => () => SubjectHost.Run(description),
    _ => null,
};
if (peer is not null)
{
    peer();
    return 0;
}

if (args is [IsolationOverheadRun.WorkerMode, .. string[] workerArgs])
{
    return await IsolationOverheadRun.ServeAsync(workerArgs);
}

if (args is [CompareRun.Mode, .. string[] compareArgs])
{
    return CompareRun.Run(compareArgs);
}

if (args is [CheckRun.Mode, .. string[] checkArgs])
{
    return CheckRun.Run(checkArgs);
}

// What BenchmarkDotNet does not measure: each prints a table.
Func<Task>? run = args switch
{
    [FairnessRun.Mode, .. string[] rest] => () => FairnessRun.RunAsync(rest),
    [ShortSessionsRun.Mode, .. string[] rest] => () => ShortSessionsRun.RunAsync(rest),
    [IsolationOverheadRun.Mode, .. string[] rest] => () => IsolationOverheadRun.RunAsync(rest),
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
