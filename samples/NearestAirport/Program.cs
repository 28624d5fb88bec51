using NearestAirport;
using Udf.Worker.Host;

// The program is its own worker: the engine starts it again with "worker", and adds --id and --connection.
return args is ["worker", ..]
    ? await UdfWorkerHost.RunAsync(args, functions => functions.Map(NearestAirportFunction.Format, () => new NearestAirportFunction()))
    : await CommandLine.RunAsync(args);
