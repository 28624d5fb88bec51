using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
        WorkerSession[] sessions = [await StartAsync(provider.GetDispatcher("a"), "udf.echo"), await StartAsync(provider.GetDispatcher("b"), "udf.echo")];
        Assert.Equal(2, Trace.Running().Count);
        GC.KeepAlive(sessions); // The worker of a session that is forgotten is ended.

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

    [Fact]
    public async Task AddWorker_OptionsOfItsOwn_ComeOnTopAndBelongToItAlone()
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<ILoggerFactory>(Trace.Logs);
        Transport.AddTo(collection.AddUdfWorkers(options =>
            {
                options.GracefulTerminationTimeout = TimeSpan.FromSeconds(3);
                options.KillTimeout = TimeSpan.FromSeconds(3);
            }))
            .AddWorker("a", Specification())
            .AddWorker("b", Specification(), options => options.GracefulTerminationTimeout = TimeSpan.FromSeconds(2))
            .AddWorker("c", Specification(), options => options.GracefulTerminationTimeout = TimeSpan.FromSeconds(1));
        await using ServiceProvider services = collection.BuildServiceProvider();
        var provider = services.GetRequiredService<WorkerDispatcherProvider>();

        DirectWorkerDispatcher[] dispatchers = [.. ((string[])["a", "b", "c"]).Select(name => (DirectWorkerDispatcher)provider.GetDispatcher(name))];

        Assert.Equal([3, 2, 1], dispatchers.Select(dispatcher => dispatcher.Timeouts.GracefulTermination.Value.TotalSeconds));
        Assert.Equal(TimeSpan.FromSeconds(3), services.GetRequiredService<IOptionsMonitor<DirectWorkerOptions>>().Get("b").KillTimeout);
        Assert.Same(dispatchers[0], provider.GetDispatcher(Specification()));
        Assert.Same(dispatchers[1], provider.GetDispatcher("b"));
    }

    [Fact]
    public async Task AddWorker_OptionsOfItsOwnAreWrong_IsFoundAtStart()
    {
        var collection = new ServiceCollection();
        Transport.AddTo(collection.AddUdfWorkers()).AddWorker("a", Specification(), options => options.Pool.MaxWorkers = 0);
        await using ServiceProvider services = collection.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("MaxWorkers is 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_StartsAndStops_PoolsAreFilledAndDrained()
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<ILoggerFactory>(Trace.Logs);
        Transport.AddTo(collection.AddUdfWorkers())
            .AddWorker("warm", Specification().WithReuse(), options => options.Pool.MinIdleWorkers = 2)
            .AddWorker("broken", Connected(WorkerProgram.Misbehaving("exit-at-once")), options => options.Pool.MinIdleWorkers = 1)
            .AddWorker("cold", Specification());
        await using ServiceProvider services = collection.BuildServiceProvider();
        IHostedService service = Assert.Single(services.GetServices<IHostedService>());

        await service.StartAsync(CancellationToken.None).DefaultTimeout();

        var dispatcher = (DirectWorkerDispatcher)services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("warm");
        Assert.Equal(2, Assert.Single(dispatcher.GetStatistics()).IdleCount);
        Assert.Contains(Trace.Logs.Entries, entry => entry.Id.Name == "NotWarm");
        WorkerSession session = await StartAsync(dispatcher, "udf.echo");
        Task stopping = service.StopAsync(CancellationToken.None);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => dispatcher.CreateSessionAsync().AsTask());
        Assert.False(stopping.IsCompleted);
        await session.DisposeAsync().DefaultTimeout();
        await stopping.DefaultTimeout();
        AssertNothingLeft();
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
