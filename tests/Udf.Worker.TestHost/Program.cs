using System.Runtime.InteropServices;
using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.TestHost;

// A host program for tests that end it. With "session", a transport and a state it holds one session in that state; with "allocations" and a transport it says what batches allocate; otherwise its workers are scripts.
if (args[0] == "session")
{
    return await HeldSessionHost.RunAsync(args[1], args[2]);
}

if (args[0] == "allocations")
{
    return await AllocationHost.RunAsync(args[1]);
}

// Arguments: how many workers, the script that each of them is, the script that cleans their environment up.
// It prints "ready" when all workers are, or with UDF_TEST_NOT_READY set as soon as they have been asked for; then it waits for a line, which is its exit code, and returns without disposing anything.
int count = int.Parse(args[0]);
var specification = WorkerSpecification.ForCommand("/bin/sh", "-c", args[1], "worker").OverCustom("script") with
{
    Environment = new WorkerEnvironment { Cleanup = ProcessCallable.Create("/bin/sh", "-c", args[2]) },
};
var dispatcher = new ScriptDispatcher(specification, new DirectWorkerOptions { GracefulTerminationTimeout = TimeSpan.FromMilliseconds(300), InitializationTimeout = TimeSpan.FromSeconds(25) });

// With UDF_TEST_HANDLES_TERMINATION set, the program handles SIGTERM itself, as the generic host does: registered after the library's own handler.
using PosixSignalRegistration? handler = Environment.GetEnvironmentVariable("UDF_TEST_HANDLES_TERMINATION") is null
    ? null
    : PosixSignalRegistration.Create(PosixSignal.SIGTERM, static context =>
    {
        context.Cancel = true;
        Console.WriteLine("handled");
    });
Task<WorkerSession>[] creations = [.. Enumerable.Range(0, count).Select(_ => dispatcher.CreateSessionAsync().AsTask())];
if (Environment.GetEnvironmentVariable("UDF_TEST_NOT_READY") is null)
{
    await Task.WhenAll(creations);
}

Console.WriteLine("ready");
string? line = Console.ReadLine();
GC.KeepAlive(creations); // The worker of a session that is forgotten is ended.
return line is null ? 1 : int.Parse(line);
