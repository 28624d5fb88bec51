using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// Workers from a container, end to end, with the scenarios of upstream's UDFDispatcherManagerSuite over a real transport.
/// </summary>
public abstract class ContainerContract : WorkerContract
{
    [Fact]
    public async Task GetDispatcher_ByName_RunsTheFunction()
    {
        await using ServiceProvider services = Build(builder => builder.AddWorker("conformance", Specification()));

        await AssertEchoesAsync(services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("conformance"));
    }

    [Fact]
    public async Task GetDispatcher_FromAJsonFile_RunsTheFunction()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, WorkerSpecificationJson.Write(Specification()));
            await using ServiceProvider services = Build(builder => builder.AddWorkerFromJson("conformance", path));

            WorkerDispatcher dispatcher = services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("conformance");

            Assert.Equal(Specification(), dispatcher.Specification);
            await AssertEchoesAsync(dispatcher);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task GetDispatcher_EqualSpecifications_OneDispatcherForAllOfThem()
    {
        await using ServiceProvider services = Build(builder => builder.AddWorker("a", Specification()).AddWorker("also a", Specification()).AddWorker("b", Specification().WithReuse()));
        var provider = services.GetRequiredService<WorkerDispatcherProvider>();

        Assert.Same(provider.GetDispatcher("a"), provider.GetDispatcher("also a"));
        Assert.Same(provider.GetDispatcher("a"), provider.GetDispatcher(Specification()));
        Assert.NotSame(provider.GetDispatcher("a"), provider.GetDispatcher("b"));
    }

    [Fact]
    public async Task UseTransport_CalledTwice_IsHarmless()
    {
        await using ServiceProvider services = Build(builder => Transport.AddTo(builder).AddWorker("a", Specification()));

        Assert.Single(services.GetServices<IWorkerDispatcherFactory>());
        await AssertEchoesAsync(services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Container_IsDisposed_NoWorkerIsLeft(bool asynchronously)
    {
        ServiceProvider services = Build(builder => builder.AddWorker("a", Specification()).AddWorker("b", Specification().WithReuse()));
        var provider = services.GetRequiredService<WorkerDispatcherProvider>();
        await StartAsync(provider.GetDispatcher("a"), "udf.echo");
        await StartAsync(provider.GetDispatcher("b"), "udf.echo");
        Assert.Equal(2, Trace.Running().Count);

        if (asynchronously)
        {
            await services.DisposeAsync().DefaultTimeout();
            await services.DisposeAsync().DefaultTimeout();
        }
        else
        {
            services.Dispose();
        }

        AssertNothingLeft();
        Assert.Throws<ObjectDisposedException>(() => provider.GetDispatcher("a"));
    }

    [Fact]
    public async Task GetDispatcher_TransportWasNotAdded_ErrorNamesThePackageAndTheCall()
    {
        var collection = new ServiceCollection();
        collection.AddUdfWorkers().AddWorker("a", Specification());
        await using ServiceProvider services = collection.BuildServiceProvider();

        var error = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a"));

        Assert.Contains($"dotnet add package {Transport.Package}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetDispatcher_OnlyThisTransportWasAdded_SpecificationOfTheOtherIsNotTakenForOneOfIt()
    {
        await using ServiceProvider services = Build(builder => builder.AddWorker("a", Transport.SetOtherConnection(Specification())));

        var error = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a"));

        Assert.Contains($"Added were only: {services.GetRequiredService<IWorkerDispatcherFactory>().Name}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_AreValidatedAtStartAndReachTheDispatcher()
    {
        var collection = new ServiceCollection();
        Transport.AddTo(collection.AddUdfWorkers(options => options.InitializationTimeout = TimeSpan.Zero));
        await using ServiceProvider broken = collection.BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => broken.GetRequiredService<IStartupValidator>().Validate());

        await using ServiceProvider services = Build(builder =>
        {
            builder.Services.Configure<DirectWorkerOptions>(options => options.GracefulTerminationTimeout = TimeSpan.FromSeconds(3));
            builder.AddWorker("a", Specification());
        });
        services.GetRequiredService<IStartupValidator>().Validate();
        var dispatcher = (DirectWorkerDispatcher)services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a");
        Assert.Equal(TimeSpan.FromSeconds(3), dispatcher.Timeouts.GracefulTermination.Value);
    }

    private static async Task AssertEchoesAsync(WorkerDispatcher dispatcher)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> answers = await dispatcher.ExecuteAsync(Function("udf.echo"), Stream(Bytes(100), Bytes(MiB))).ReadAllAsync().DefaultTimeout();

        AssertSame([Bytes(100), Bytes(MiB)], answers);
    }

    private ServiceProvider Build(Action<IUdfWorkerBuilder> configure)
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<ILoggerFactory>(Trace.Logs);
        configure(Transport.AddTo(collection.AddUdfWorkers()));
        return collection.BuildServiceProvider();
    }
}
