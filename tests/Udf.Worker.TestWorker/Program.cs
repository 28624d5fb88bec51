using Udf.Worker.Host;
using Udf.Worker.TestWorker;

if (args is [StartFigures.Argument, .. var rest])
{
    return await UdfWorkerHost.RunAsync(rest, functions => functions.Map(StartFigures.Format, StartFigures.Read));
}

// A worker with the conformance functions (UDF_WORKER_CONFORMANCE=1), many executions at once, a function that can be held anywhere, one that tells what has been allocated, and the faults that tests ask for by name.
return Misbehaviour.Parse(args, Environment.GetEnvironmentVariable(Misbehaviour.Variable)) is { } misbehaviour
    ? await misbehaviour.RunAsync(args)
    : await UdfWorkerHost.RunAsync(args, functions => functions.Map(HoldFunction.Format, () => new HoldFunction()).Map(AllocationFunction.Format, () => new AllocationFunction()), TestWorkerOptions.Create());
