using Udf.Worker.Host;
using Udf.Worker.Isolation;

// A worker that serves shipped functions, and nothing else.
await using IsolatedSessions sessions = new();
return await UdfWorkerHost.RunAsync(args, functions => functions.AddResolver(sessions), new UdfWorkerOptions { MaximumConcurrentExecutions = 8 });
