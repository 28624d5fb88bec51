using System.Text;
using NamedPipeTransport;
using Udf.Worker;
using Udf.Worker.Host;

// The program is its own worker: the engine starts it again with "worker", and adds --id and --connection.
if (args is ["worker", ..])
{
    return await UdfWorkerHost.RunAsync(
        args,
        functions => functions.Map("upper", batch => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span).ToUpperInvariant())),
        PipeAcceptor.AcceptAsync);
}

string executable = Environment.ProcessPath ?? "dotnet";
WorkerSpecification specification = Path.GetFileNameWithoutExtension(executable) == "dotnet"
    ? WorkerSpecification.ForCommand(executable, typeof(PipeWorkerDispatcher).Assembly.Location, "worker")
    : WorkerSpecification.ForCommand(executable, "worker");
await using var dispatcher = new PipeWorkerDispatcher(specification.OverCustom("pipe"));
await using WorkerSession session = await dispatcher.CreateSessionAsync();
await session.InitAsync(new WorkerInit(new WorkerPayload("upper")));
await foreach (WorkerBatch batch in session.ProcessAsync(args.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)).ToAsyncEnumerable()))
{
    Console.WriteLine(Encoding.UTF8.GetString(batch.Span));
}

return 0;
