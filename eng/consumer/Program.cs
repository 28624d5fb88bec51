using System.Reflection.PortableExecutable;
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

// With the path of a worker that was made from the template and published: it is looked at, and is the worker.
if (args is [var published])
{
    string[] compiled = ["Udf.Worker.Core.dll", "Udf.Worker.Host.dll", "Udf.Worker.Protocol.dll", "Udf.Worker.Transport.dll", "Google.Protobuf.dll", Path.GetFileName(published)];
    string[] missed = [.. compiled.Where(name => !IsReadyToRun(Path.Combine(Path.GetDirectoryName(published)!, name)))];
    Console.WriteLine($"compiled ahead of time: {compiled.Length - missed.Length} of {compiled.Length} {string.Join(' ', missed)}");
    string settings = File.ReadAllText(Path.ChangeExtension(published, ".runtimeconfig.json"));
    Console.WriteLine(settings);
    if (missed.Length > 0 || !settings.Contains("\"System.Globalization.Invariant\": true", StringComparison.Ordinal))
    {
        return 1;
    }
}

var worker = args is [var path] ? WorkerSpecification.ForDotnet(path) : WorkerSpecification.ForDotnet(typeof(Program).Assembly.Location, "worker");
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

static bool IsReadyToRun(string assembly)
{
    using var reader = new PEReader(File.OpenRead(assembly));
    return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
}
