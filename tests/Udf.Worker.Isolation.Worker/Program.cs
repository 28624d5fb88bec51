using Udf.Worker.Host;
using Udf.Worker.Isolation;
using Udf.Worker.Isolation.Worker;

// A worker that serves shipped functions and tells what it holds. It keeps few sessions, so that tests see them go.
await using IsolatedSessions sessions = new(new IsolatedSessionOptions { MaximumSessionCount = 4 });
return await UdfWorkerHost.RunAsync(
    args, functions => functions.AddResolver(sessions).Map(Holdings.Format, _ => Holdings.Take()), new UdfWorkerOptions { MaximumConcurrentExecutions = 8 });
