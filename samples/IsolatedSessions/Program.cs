using IsolatedSessions.Engine;
using IsolatedSessions.Worker;

// One program in both roles: with arguments it is a worker.
return args is ["worker", .. var rest] ? await PricingWorker.RunAsync(rest) : await Demonstration.RunAsync();
