using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class DependencyInjectionTests
{
    private readonly FakeDispatcherFactory _factory = new();

    [Fact]
    public async Task AddUdfWorkers_NamedWorkers_AreFound()
    {
        await using ServiceProvider services = Build(builder => builder.AddWorker("a", Scripts.Worker("a")).AddWorker("b", Scripts.Worker("b")));
        var provider = services.GetRequiredService<WorkerDispatcherProvider>();

        Assert.Equal(Scripts.Worker("a"), provider.GetDispatcher("a").Specification);
        Assert.Equal(Scripts.Worker("b"), provider.GetDispatcher("b").Specification);
    }

    [Fact]
    public async Task AddUdfWorkers_CalledTwice_IsHarmlessAndAddsUp()
    {
        var collection = new ServiceCollection();
        collection.AddUdfWorkers(options => options.InitializationTimeout = TimeSpan.FromSeconds(1)).AddWorker("a", Scripts.Worker());
        int count = collection.Count;
        collection.AddUdfWorkers(options => options.KillTimeout = TimeSpan.FromSeconds(2)).AddWorker("a", Scripts.Worker());
        collection.TryAddEnumerable(ServiceDescriptor.Singleton<IWorkerDispatcherFactory>(_factory));
        await using ServiceProvider services = collection.BuildServiceProvider();

        Assert.Single(services.GetServices<WorkerDispatcherProvider>());
        Assert.NotNull(services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a"));
        DirectWorkerOptions options = services.GetRequiredService<IOptions<DirectWorkerOptions>>().Value;
        Assert.Equal(TimeSpan.FromSeconds(1), options.InitializationTimeout);
        Assert.Equal(TimeSpan.FromSeconds(2), options.KillTimeout);
        Assert.Single(services.GetServices<IValidateOptions<DirectWorkerOptions>>());
        Assert.True(count > 0);
    }

    [Fact]
    public void AddWorker_SameNameForAnotherSpecification_IsRefused()
    {
        IUdfWorkerBuilder builder = new ServiceCollection().AddUdfWorkers().AddWorker("a", Scripts.Worker("a"));

        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => builder.AddWorker("a", Scripts.Worker("b"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddWorker_InvalidSpecification_IsRefusedAtOnce() =>
        Assert.Throws<WorkerSpecificationException>(() => new ServiceCollection().AddUdfWorkers().AddWorker("a", WorkerSpecification.ForCommand("worker")));

    [Fact]
    public async Task AddWorkerFromJson_UnknownField_IsLoggedAsAWarning()
    {
        string path = Path.GetTempFileName();
        try
        {
            string json = WorkerSpecificationJson.Write(Scripts.Worker());
            await File.WriteAllTextAsync(path, string.Concat("{ \"colour\": \"red\",", json.AsSpan(json.IndexOf('{', StringComparison.Ordinal) + 1)));
            var logs = new ListLoggerFactory();
            await using ServiceProvider services = Build(builder => builder.AddWorkerFromJson("python", path).Services.AddSingleton<ILoggerFactory>(logs));

            Assert.Equal(Scripts.Worker(), services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("python").Specification);
            string message = Assert.Single(logs.Of(LogLevel.Warning)).Message;
            Assert.Contains("colour", message, StringComparison.Ordinal);
            Assert.Contains(path, message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Options_OutOfRange_AreRefusedAtStart()
    {
        var collection = new ServiceCollection();
        collection.AddUdfWorkers(options => options.CallableTimeout = TimeSpan.Zero);
        await using ServiceProvider services = collection.BuildServiceProvider();

        // What a host calls when it starts.
        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains("DirectWorkerOptions.CallableTimeout", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Container_IsDisposed_EndsTheWorkers(bool asynchronously)
    {
        FakeDispatcher? dispatcher = null;
        ServiceProvider services = Build(builder => builder
            .AddWorker("a", Scripts.Worker())
            .Services.AddSingleton<IWorkerDispatcherFactory>(new RealFactory(specification => dispatcher = new FakeDispatcher(specification))), withFake: false);
        await services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a").CreateSessionAsync().DefaultTimeout();

        if (asynchronously)
        {
            await services.DisposeAsync().DefaultTimeout();
        }
        else
        {
            services.Dispose();
        }

        Assert.Equal(1, dispatcher!.CloseCount);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    [Failure("no transport was added")]
    public async Task NoTransportWasAdded_ErrorNamesThePackage()
    {
        await using ServiceProvider services = Build(builder => builder.AddWorker("a", Scripts.Worker().OverUnixDomainSocket()), withFake: false);

        var error = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<WorkerDispatcherProvider>().GetDispatcher("a"));
        Assert.Contains("dotnet add package Udf.Worker.Transport.Uds", error.Message, StringComparison.Ordinal);
    }

    private ServiceProvider Build(Action<IUdfWorkerBuilder> configure, bool withFake = true)
    {
        var collection = new ServiceCollection();
        configure(collection.AddUdfWorkers());
        if (withFake)
        {
            collection.TryAddEnumerable(ServiceDescriptor.Singleton<IWorkerDispatcherFactory>(_factory));
        }

        return collection.BuildServiceProvider();
    }

    private sealed class RealFactory(Func<WorkerSpecification, WorkerDispatcher> create) : IWorkerDispatcherFactory
    {
        public string Name => "real processes";

        public bool CanCreate(WorkerSpecification specification) => true;

        public WorkerDispatcher Create(WorkerSpecification specification) => create(specification);
    }
}
