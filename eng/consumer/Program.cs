using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.Host;

// One program in both roles: with arguments it is the worker.
if (args is ["worker", .. var rest])
{
    return await UdfWorkerHost.RunAsync(rest, functions => functions.Map("upper", batch => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span).ToUpperInvariant())));
}

var worker = WorkerSpecification.ForDotnet(typeof(Program).Assembly.Location, "worker");
await using ServiceProvider services = new ServiceCollection()
    .AddUdfWorkers()
    .UseUnixDomainSockets()
    .UseTcp()
    .AddWorker("uds", worker.OverUnixDomainSocket())
    .AddWorker("tcp", worker.OverTcp())
    .Services
    .BuildServiceProvider();

var dispatchers = services.GetRequiredService<WorkerDispatcherProvider>();
foreach (string name in (string[])["uds", "tcp"])
{
    string answer = "";
    await foreach (WorkerBatch batch in dispatchers.GetDispatcher(name).ExecuteAsync(new WorkerInit(new WorkerPayload("upper")), Batches()))
    {
        answer += Encoding.UTF8.GetString(batch.Span);
    }

    Console.WriteLine($"{name}: {answer}");
    if (answer != "PACKAGES WORK")
    {
        return 1;
    }
}

return 0;

static async IAsyncEnumerable<ReadOnlyMemory<byte>> Batches()
{
    yield return "packages "u8.ToArray();
    yield return "work"u8.ToArray();
    await Task.CompletedTask;
}
