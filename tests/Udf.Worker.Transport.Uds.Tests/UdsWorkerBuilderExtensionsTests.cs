using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Uds.Tests;

public sealed class UdsWorkerBuilderExtensionsTests
{
    [Fact]
    public async Task UseUnixDomainSockets_Options_ReachTheDispatcher()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("udf-uds-");
        try
        {
            var collection = new ServiceCollection();
            collection.AddUdfWorkers().UseUnixDomainSockets(options => options.SocketDirectory = root.FullName)
                .AddWorker("a", WorkerProgram.TestWorker.Specification.OverUnixDomainSocket());
            await using ServiceProvider services = collection.BuildServiceProvider();
            services.GetRequiredService<IStartupValidator>().Validate();

            await using WorkerSession session = await services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a").CreateSessionAsync().DefaultTimeout();

            Assert.Single(root.GetDirectories("udf-worker-*"));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task UseUnixDomainSockets_OptionsThatCannotBe_AreRefusedAtStartWithEveryProblem()
    {
        var collection = new ServiceCollection();
        collection.AddUdfWorkers().UseUnixDomainSockets(options =>
        {
            options.SocketDirectory = "/no/such/directory";
            options.Connection = null!;
        });
        await using ServiceProvider services = collection.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("UdsWorkerOptions.SocketDirectory is '/no/such/directory'", error.Message, StringComparison.Ordinal);
        Assert.Contains("UdsWorkerOptions.Connection is null", error.Message, StringComparison.Ordinal);
    }
}
