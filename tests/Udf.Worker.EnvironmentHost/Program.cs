using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.EnvironmentHost;

// A host for tests that need several, and that need to kill one: prepares one environment, says what it sees on the way, and ends.
// Arguments: the directory of the locks, the script of the installation, and, if there is one, that of the verification.
WorkerSpecification specification = WorkerSpecification.ForCommand("/bin/sh").OverCustom("none").WithInstallation(ProcessCallable.Create("/bin/sh", "-c", args[1]));
if (args.Length > 2)
{
    specification = specification.WithVerification(ProcessCallable.Create("/bin/sh", "-c", args[2]));
}

var options = new DirectWorkerOptions { EnvironmentLockDirectory = args[0] };
await using var dispatcher = new PreparingDispatcher(specification, options, new ConsoleLog());
try
{
    await dispatcher.CreateSessionAsync();
}
catch (PreparedException)
{
    Console.WriteLine("prepared");
    return 0;
}

return 1;
