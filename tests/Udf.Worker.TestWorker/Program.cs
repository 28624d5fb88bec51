using Udf.Worker.Host;

return await UdfWorkerHost.RunAsync(
    args,
    _ => { },
    new UdfWorkerOptions { MaximumConcurrentExecutions = 256 });
